/** Reads a QR code with the camera, where the browser can do both. */
import { h } from "./dom.ts";
import type { ProblemKey } from "./problem.ts";

/** Not in TypeScript's library: https://wicg.github.io/shape-detection-api/ */
interface BarcodeDetector {
  detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>;
}
interface BarcodeGlobals {
  readonly BarcodeDetector?: new (options: { readonly formats: string[] }) => BarcodeDetector;
}

const LOOK_MS = 200;

const detectorClass = (): BarcodeGlobals["BarcodeDetector"] =>
  (globalThis as BarcodeGlobals).BarcodeDetector;

export const canScan = (): boolean =>
  detectorClass() !== undefined && navigator.mediaDevices?.getUserMedia !== undefined;

const REASONS: Readonly<Record<string, ProblemKey>> = {
  NotAllowedError: "cameraRefused",
  NotFoundError: "cameraMissing",
  SecurityError: "cameraRefused",
};

export interface ScannerOptions {
  /** Called for each text that is not the one before. */
  readonly found: (text: string) => void;
  readonly failed: (key: ProblemKey) => void;
}

export class Scanner {
  readonly video: HTMLVideoElement = h("video", {
    muted: true,
    playsinline: true,
    "aria-hidden": "true",
  });
  readonly #options: ScannerOptions;
  #stream: MediaStream | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;
  #last = "";

  constructor(options: ScannerOptions) {
    this.#options = options;
  }

  /** Asks for the camera. */
  async start(): Promise<void> {
    try {
      const Detector = detectorClass();
      if (Detector === undefined) throw new Error("no detector of codes");
      const detector = new Detector({ formats: ["qr_code"] });
      this.#stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment" },
      });
      if (this.#isStopped) return this.stop();
      this.video.srcObject = this.#stream;
      // Until there is a picture there is nothing to detect, and ending it early is no failure.
      this.video.play().catch(() => {});
      this.#look(detector);
    } catch (error) {
      if (this.#isStopped) return;
      this.stop();
      this.#options.failed(REASONS[error instanceof Error ? error.name : ""] ?? "cameraFailed");
    }
  }

  /** Puts the camera out. Idempotent. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.video.srcObject = null;
    this.#last = "";
  }

  #look(detector: BarcodeDetector): void {
    const look = async (): Promise<void> => {
      // A picture that cannot be read is followed by another one.
      const codes = await detector.detect(this.video).catch(() => []);
      const text = codes[0]?.rawValue ?? this.#last;
      if (this.#isStopped) return;
      this.#look(detector);
      if (text === this.#last) return;
      this.#last = text;
      this.#options.found(text);
    };
    this.#timer = setTimeout(() => void look(), LOOK_MS);
  }
}
