/** The microphone's level meter. */

const intervalMs = 100;
/** The level is told in steps of this size, so that silence causes no work. */
const step = 1 / 32;

/** Reports 0..1 about ten times a second while it changes; returns how to stop. */
export function meterLevel(track: MediaStreamTrack, report: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let last = 0;
  const timer = setInterval(() => {
    // Browsers start audio only after a click or key; the meter then wakes by itself.
    if (context.state === "suspended") void context.resume();
    analyser.getFloatTimeDomainData(samples);
    const level = track.enabled ? loudness(samples) : 0;
    if (level !== last) report(level);
    last = level;
  }, intervalMs);
  return () => {
    clearInterval(timer);
    void context.close();
    if (last !== 0) report(0);
  };
}

/** From root mean square to 0..1 over the range of speech (-60..0 dBFS), in steps. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / samples.length + 1e-12);
  const level = Math.min(1, Math.max(0, (decibels + 60) / 60));
  return Math.round(level / step) * step;
}
