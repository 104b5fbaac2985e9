/** A refusal of the runner that the host can tell apart by its code. */
export class GuestError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
