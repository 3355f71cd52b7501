/** A share as a bar. Drawn, because the page's security policy allows no widths in style attributes. */
export function Bar({
  label,
  share,
  tone = 'plain',
}: {
  readonly label: string;
  readonly share: number;
  readonly tone?: 'plain' | 'full';
}) {
  const width = Math.max(0, Math.min(1, share)) * 100;
  return (
    <svg className={`bar ${tone}`} viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={label}>
      <rect className="bar-room" width="100" height="6" />
      <rect className="bar-used" width={width} height="6" />
    </svg>
  );
}
