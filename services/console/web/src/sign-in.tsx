/** There are no passwords here: a person comes with a link, or through the company's own sign-in. */
export function SignIn({ why }: { readonly why: string | undefined }) {
  return (
    <main className="sign-in">
      <h1>Signalbox</h1>
      {why === undefined ? null : (
        <p className="notice" role="alert">
          {why}
        </p>
      )}
      <p>You come in here with a sign-in link. It works once, for ten minutes.</p>
      <ul>
        <li>
          <code>npm start</code> prints one link for each role.
        </li>
        <li>On a running system, ask an administrator for a link.</li>
      </ul>
    </main>
  );
}
