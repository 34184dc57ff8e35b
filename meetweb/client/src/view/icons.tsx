/** Our one family of icons: outlines on a 24 px grid, stroke 1.75, round ends, drawn for Stammtisch. An "off" variant changes shape: a slash with a gap. */
import type { ComponentChildren, VNode } from "preact";

const slash = <path d="M4 4l16 16" />;

const drawings = {
  logo: (
    <>
      <circle cx="12" cy="12" r="4.5" />
      <path d="M9.2 3.5a9 9 0 0 1 5.6 0M20.5 9.2a9 9 0 0 1 0 5.6M14.8 20.5a9 9 0 0 1-5.6 0M3.5 14.8a9 9 0 0 1 0-5.6" />
    </>
  ),
  microphone: (
    <>
      <rect x="9" y="3" width="6" height="11.5" rx="3" />
      <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3M9 21h6" />
    </>
  ),
  microphoneOff: (
    <>
      {slash}
      <path d="M15 10.5V6a3 3 0 0 0-5.7-1.3M9 9v2.5a3 3 0 0 0 4.7 2.45M5.5 11.5a6.5 6.5 0 0 0 10.3 5.3M18.5 11.5a6.5 6.5 0 0 1-.6 2.7M12 18v3M9 21h6" />
    </>
  ),
  camera: (
    <>
      <rect x="2.5" y="6" width="13" height="12" rx="3" />
      <path d="M15.5 11l4.6-3.1c.6-.4 1.4 0 1.4.7v6.8c0 .7-.8 1.1-1.4.7L15.5 13" />
    </>
  ),
  cameraOff: (
    <>
      {slash}
      <path d="M6 6h-.5a3 3 0 0 0-3 3v6a3 3 0 0 0 3 3h7a3 3 0 0 0 2.7-1.7M10 6h2.5a3 3 0 0 1 3 3v2.5M15.5 11l4.6-3.1c.6-.4 1.4 0 1.4.7v6.8c0 .6-.6 1-1.1.85" />
    </>
  ),
  screen: (
    <>
      <rect x="2.5" y="4" width="19" height="13" rx="2.5" />
      <path d="M8.5 20.5h7M12 13.5V8M9.5 10.3L12 7.8l2.5 2.5" />
    </>
  ),
  screenOff: (
    <>
      <rect x="2.5" y="4" width="19" height="13" rx="2.5" />
      <path d="M8.5 20.5h7M9.75 8.25l4.5 4.5M14.25 8.25l-4.5 4.5" />
    </>
  ),
  chat: (
    <path d="M6 4.5h12a2.5 2.5 0 0 1 2.5 2.5v7a2.5 2.5 0 0 1-2.5 2.5h-6.5L7 20.5v-4H6A2.5 2.5 0 0 1 3.5 14V7A2.5 2.5 0 0 1 6 4.5zM8 9h8M8 12.25h5" />
  ),
  hand: (
    <path d="M7.25 13V6.75a1.5 1.5 0 0 1 3 0V11M10.25 11V4.5a1.5 1.5 0 0 1 3 0V11M13.25 11V5.75a1.5 1.5 0 0 1 3 0V12M16.25 12V8.5a1.5 1.5 0 0 1 3 0V14.5a6.5 6.5 0 0 1-6.5 6.5c-2.7 0-4.3-1-5.6-3L4.3 14.1a1.55 1.55 0 0 1 2.5-1.85l.45.75" />
  ),
  people: (
    <>
      <circle cx="9" cy="8" r="3.5" />
      <path d="M2.75 19.5c0-3.6 2.6-5.5 6.25-5.5s6.25 1.9 6.25 5.5M15.75 4.9a3.25 3.25 0 0 1 0 6.2M17.75 14.5c2.2.7 3.5 2.4 3.5 5" />
    </>
  ),
  person: (
    <>
      <circle cx="12" cy="8" r="3.75" />
      <path d="M4.75 20c0-3.9 3-6 7.25-6s7.25 2.1 7.25 6" />
    </>
  ),
  tiles: (
    <>
      <rect x="3.5" y="4.5" width="7.5" height="6.5" rx="1.75" />
      <rect x="13" y="4.5" width="7.5" height="6.5" rx="1.75" />
      <rect x="3.5" y="13" width="7.5" height="6.5" rx="1.75" />
      <rect x="13" y="13" width="7.5" height="6.5" rx="1.75" />
    </>
  ),
  speaker: (
    <>
      <rect x="3" y="4.5" width="11.5" height="15" rx="2" />
      <rect x="17" y="4.5" width="4" height="4" rx="1.25" />
      <rect x="17" y="10" width="4" height="4" rx="1.25" />
      <rect x="17" y="15.5" width="4" height="4" rx="1.25" />
    </>
  ),
  more: (
    <>
      <circle cx="5.25" cy="12" r="1" />
      <circle cx="12" cy="12" r="1" />
      <circle cx="18.75" cy="12" r="1" />
    </>
  ),
  leave: (
    <path d="M3.4 14.6C2.3 10.7 6.3 7.5 12 7.5s9.7 3.2 8.6 7.1c-.15.55-.7.85-1.25.7l-3.05-.8a1 1 0 0 1-.75-.95v-2.1a12.5 12.5 0 0 0-7.1 0v2.1a1 1 0 0 1-.75.95l-3.05.8c-.55.15-1.1-.15-1.25-.7z" />
  ),
  close: <path d="M6 6l12 12M18 6L6 18" />,
  check: <path d="M5 12.5l4.5 4.5L19 7.5" />,
  back: <path d="M19.5 12h-15M10.5 6l-6 6 6 6" />,
  forward: <path d="M4.5 12h15M13.5 6l6 6-6 6" />,
  down: <path d="M6 9.5l6 6 6-6" />,
  settings: (
    <>
      <path d="M4 7h8.5M17.5 7H20M4 17h2.5M11.5 17H20" />
      <circle cx="15" cy="7" r="2.5" />
      <circle cx="9" cy="17" r="2.5" />
    </>
  ),
  shield: (
    <>
      <path d="M12 3l7.5 2.75V11c0 4.8-3 8.3-7.5 10-4.5-1.7-7.5-5.2-7.5-10V5.75z" />
      <path d="M8.75 12l2.25 2.25 4.25-4.5" />
    </>
  ),
  lock: (
    <>
      <rect x="4.5" y="10.5" width="15" height="10" rx="2.5" />
      <path d="M8 10.5V7.5a4 4 0 0 1 8 0v3M12 14.5v2" />
    </>
  ),
  link: (
    <path d="M10 14a4.25 4.25 0 0 0 6 0l3.25-3.25a4.25 4.25 0 0 0-6-6L12 6M14 10a4.25 4.25 0 0 0-6 0l-3.25 3.25a4.25 4.25 0 0 0 6 6L12 18" />
  ),
  copy: (
    <>
      <rect x="8.5" y="8.5" width="12" height="12" rx="2.5" />
      <path d="M15.5 8.5V6A2.5 2.5 0 0 0 13 3.5H6A2.5 2.5 0 0 0 3.5 6v7A2.5 2.5 0 0 0 6 15.5h2.5" />
    </>
  ),
  invite: (
    <>
      <circle cx="10" cy="8" r="3.5" />
      <path d="M3.75 19.5c0-3.6 2.6-5.5 6.25-5.5 1.3 0 2.5.25 3.45.7M18.25 14v6M15.25 17h6" />
    </>
  ),
  moderator: <path d="M12 3.75l2.55 5.2 5.7.8-4.15 4 1 5.7-5.1-2.7-5.1 2.7 1-5.7-4.15-4 5.7-.8z" />,
  pin: <path d="M9 3.5h6M10 3.5v6l-3.25 4.25h10.5L14 9.5v-6M12 13.75V20.5" />,
  pinOff: <path d="M9 3.5h6M10 3.5v1.75M10 9.5l-3.25 4.25h7M14 3.5v5.75l3 4M12 13.75V20.5M4 4l16 16" />,
  remove: <path d="M4.5 6.5h15M9.5 6.5V4.25h5V6.5M6.25 6.5l1 13.25h9.5l1-13.25M10.25 10.5v5.5M13.75 10.5v5.5" />,
  kick: (
    <>
      <circle cx="10" cy="8" r="3.5" />
      <path d="M3.75 19.5c0-3.6 2.6-5.5 6.25-5.5 1.3 0 2.5.25 3.45.7M16 15l4.5 4.5M20.5 15L16 19.5" />
    </>
  ),
  send: <path d="M20.5 3.75L3.75 10.2l6.5 3.55 3.55 6.5zM10.25 13.75L15 9" />,
  search: (
    <>
      <circle cx="10.75" cy="10.75" r="6.25" />
      <path d="M15.5 15.5l4.75 4.75" />
    </>
  ),
  language: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M3.5 12h17M12 3.5c2.3 2.3 3.5 5.2 3.5 8.5s-1.2 6.2-3.5 8.5c-2.3-2.3-3.5-5.2-3.5-8.5s1.2-6.2 3.5-8.5z" />
    </>
  ),
  keyboard: (
    <>
      <rect x="2.5" y="6" width="19" height="12" rx="2.5" />
      <path d="M6.25 10h.01M9.5 10h.01M12.75 10h.01M16 10h.01M6.25 14h.01M17.75 14h.01M9.5 14h5" />
    </>
  ),
  fullscreen: <path d="M4 9V6a2 2 0 0 1 2-2h3M15 4h3a2 2 0 0 1 2 2v3M20 15v3a2 2 0 0 1-2 2h-3M9 20H6a2 2 0 0 1-2-2v-3" />,
  fullscreenOff: <path d="M9 4v3a2 2 0 0 1-2 2H4M20 9h-3a2 2 0 0 1-2-2V4M15 20v-3a2 2 0 0 1 2-2h3M4 15h3a2 2 0 0 1 2 2v3" />,
  warning: <path d="M12 4L2.75 19.5h18.5zM12 10v4.5M12 17.01v.01" />,
  info: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 11v5M12 8v.01" />
    </>
  ),
  volume: <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.25 9a4.25 4.25 0 0 1 0 6M17.75 6.25a8 8 0 0 1 0 11.5" />,
  shuffle: <path d="M19.5 12a7.5 7.5 0 0 1-13.4 4.65M4.5 12a7.5 7.5 0 0 1 13.4-4.65M18.25 3.5v4h-4M5.75 20.5v-4h4" />,
  eye: (
    <>
      <path d="M2.75 12C4.5 8 8 5.75 12 5.75S19.5 8 21.25 12C19.5 16 16 18.25 12 18.25S4.5 16 2.75 12z" />
      <circle cx="12" cy="12" r="2.75" />
    </>
  ),
  eyeOff: (
    <path d="M4 4l16 16M9 6.25a9.6 9.6 0 0 1 3-.5c4 0 7.5 2.25 9.25 6.25a12 12 0 0 1-2.3 3.35M6.25 7.5A11.5 11.5 0 0 0 2.75 12C4.5 16 8 18.25 12 18.25a9.5 9.5 0 0 0 4-.85M10.05 10.05a2.75 2.75 0 0 0 3.9 3.9" />
  ),
  key: (
    <>
      <circle cx="8" cy="15.5" r="4.25" />
      <path d="M11 12.5l8.5-8.5M16 7.5l3 3" />
    </>
  ),
  offline: <path d="M4 4l16 16M8.7 8.5A12.5 12.5 0 0 0 4 11.25M7 14.75a7.5 7.5 0 0 1 5-2M12 19v.01M12.5 7.75a12.5 12.5 0 0 1 7.5 3.5" />,
} satisfies Record<string, ComponentChildren>;

export type IconName = keyof typeof drawings;

/** Decorative always: the control around it carries the name. */
export function Icon({ name, small }: { name: IconName; small?: boolean }): VNode {
  return (
    <svg class={small ? "icon small" : "icon"} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {drawings[name]}
    </svg>
  );
}
