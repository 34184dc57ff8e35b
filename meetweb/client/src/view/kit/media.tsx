/** A video element that shows a stream. Always silent: sound has elements of its own. */
import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface VideoProps {
  stream: MediaStream;
  mirrored?: boolean;
  /** Whole picture with bars, for screens; faces fill the tile. */
  contain?: boolean;
  /** Nothing of it may ever be cut. */
  whole?: boolean;
}

export function Video({ stream, mirrored, contain, whole }: VideoProps): VNode {
  const ref = useRef<HTMLVideoElement>(null);
  useLayoutEffect(() => {
    const video = ref.current;
    if (!video) return;
    video.srcObject = stream;
    // A tab in the background may refuse to start; the element starts by itself when it is shown.
    video.play().catch(() => undefined);
    return () => {
      video.srcObject = null;
    };
  }, [stream]);
  // A telephone's upright picture is not cut to a wide tile: heads would go.
  const measure = (): void => {
    const video = ref.current;
    if (video) video.dataset.shape = video.videoHeight > video.videoWidth ? "upright" : "wide";
  };
  const look = `video${mirrored ? " mirrored" : ""}${contain ? " contain" : ""}${whole ? " whole" : ""}`;
  return (
    <video
      ref={ref}
      class={look}
      autoPlay
      playsInline
      muted
      onLoadedMetadata={measure}
      onResize={measure}
      disablePictureInPicture={!contain}
    />
  );
}
