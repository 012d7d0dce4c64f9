/** The first password is set here. */
export function SetPasswordPage() {
  return (
    <main className="sign-in">
      <h1>Set your password</h1>
    </main>
  );
}
