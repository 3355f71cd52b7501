import { useEffect, useRef, type ReactNode } from 'react';

interface Props {
  readonly title: string;
  readonly close: () => void;
  /** For what is read rather than answered. */
  readonly wide?: boolean;
  readonly children: ReactNode;
}

/** The browser's own dialog: focus stays inside, Esc closes, and afterwards the focus is where it was. */
export function Dialog({ title, close, wide = false, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opened = dialog.current;
    opened?.showModal();
    return () => opened?.close();
  }, []);
  return (
    <dialog ref={dialog} className={wide ? 'wide' : undefined} aria-labelledby="dialog-title" onClose={close} onCancel={close}>
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}
