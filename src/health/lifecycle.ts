import { Injectable } from '@nestjs/common';

/** Whether the process still accepts requests. */
@Injectable()
export class Lifecycle {
  #draining = false;

  get draining(): boolean {
    return this.#draining;
  }

  /** Makes the process report not ready and ask clients to close their connections. */
  drain(): void {
    this.#draining = true;
  }
}
