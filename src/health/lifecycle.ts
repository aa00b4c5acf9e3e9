import { Injectable } from '@nestjs/common';

/** Whether the process still wants requests. */
@Injectable()
export class Lifecycle {
  #draining = false;

  get draining(): boolean {
    return this.#draining;
  }

  /** From now on the process is not ready, and asks clients to close their connections. */
  drain(): void {
    this.#draining = true;
  }
}
