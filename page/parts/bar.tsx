/** A bar for who sees it; the figure that it draws has to stand beside it as text. */
export function Bar({ part, of }: { readonly part: number; readonly of: number }) {
  // Something is never drawn as nothing.
  const width = of === 0 || part === 0 ? 0 : Math.min(100, Math.max(1, (100 * part) / of));
  return (
    <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="whole" width="100" height="8" />
      <rect class="part" width={width} height="8" />
    </svg>
  );
}
