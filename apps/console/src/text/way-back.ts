/** What the address of the sign-in page says of where somebody wanted to go; nothing where that is the overview. */
export function wayBack(href: string): { readonly to?: string } {
  const there = href.toWellFormed().replaceAll(/[^!-~]/gu, encodeURIComponent);
  return there === "/" ? {} : { to: there };
}
