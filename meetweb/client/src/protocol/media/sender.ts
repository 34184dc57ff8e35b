/** Applies the layer choice to a sender. */
import { chooseEncodings } from "./encodings";

const assumedHeight = 720;

/** Sets layers and bitrates for `maxHeight`. Does nothing before the sender has encodings; a refusal by the browser changes nothing. */
export async function applyEncodings(sender: RTCRtpSender, kind: "camera" | "screen", maxHeight: number): Promise<void> {
  const parameters = sender.getParameters();
  if (parameters.encodings === undefined || parameters.encodings.length === 0) return;
  const height = sender.track?.getSettings().height ?? assumedHeight;
  const choices = chooseEncodings(kind, parameters.encodings.length, height, maxHeight);
  parameters.encodings.forEach((encoding, index) => {
    const choice = choices[index];
    if (choice !== undefined) Object.assign(encoding, choice);
  });
  // A screen must stay readable, a face may become coarse.
  if (kind === "screen") parameters.degradationPreference = "maintain-resolution";
  try {
    await sender.setParameters(parameters);
  } catch (error) {
    // A track swap in between makes the parameters stale (InvalidStateError); the next constraint sets them again.
    if (!(error instanceof DOMException) || (error.name !== "InvalidStateError" && error.name !== "InvalidModificationError")) throw error;
  }
}
