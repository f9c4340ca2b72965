// A part of the page that scrolls by itself, also by keyboard: it takes the focus, and says what it is.
import type { ComponentChildren, Ref } from 'preact';

export function Scroll({
  label,
  kind,
  box,
  children,
}: {
  label: string;
  kind: string;
  box?: Ref<HTMLElement>;
  children: ComponentChildren;
}) {
  return (
    <section class={kind} aria-label={label} tabIndex={0} ref={box ?? null}>
      {children}
    </section>
  );
}
