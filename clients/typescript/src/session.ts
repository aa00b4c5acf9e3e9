import { AnswerError, isProblem } from './errors.js';
import type { Schema } from './types.js';

/** What a client keeps between requests. It is as secret as a password. */
export interface Tokens {
  token?: string;
  refresh_token?: string;
  /** When to refresh, in epoch milliseconds by the clock of this machine. */
  refresh_at?: number;
  /** The device token of each name that has logged in here. */
  device_tokens?: Record<string, string>;
}

/** Where tokens survive a restart or a reload; tabs or processes may share it. */
export interface TokenStore {
  load(): Tokens | undefined | Promise<Tokens | undefined>;
  save(tokens: Tokens): void | Promise<void>;
}

type Pair = Schema<'TokenPairResponse'> & Partial<Pick<Schema<'LoginResponse'>, 'device_token'>>;

/** Up to this many names have a device token here. */
const DEVICES_MAX = 20;

const TOKEN = /^[\x21-\x7e]+$/;

/** The tokens of a client. Parallel calls share one refresh. */
export class Session {
  #tokens: Tokens | undefined;
  #refreshing: Promise<void> | undefined;

  constructor(
    private readonly store: TokenStore,
    private readonly refresh: (refreshToken: string) => Promise<Pair>,
  ) {}

  /** The access token, refreshed if it is about to expire; undefined without a login. */
  async token(): Promise<string | undefined> {
    const { token, refresh_at = Infinity } = await this.#current();
    return token !== undefined && Date.now() >= refresh_at ? this.tokenAfter(token) : token;
  }

  /** The token that replaces one that was refused or is about to expire; undefined if there is none. */
  async tokenAfter(old: string): Promise<string | undefined> {
    if ((await this.#current()).token === old) {
      this.#refreshing ??= this.#refreshOnce().finally(() => (this.#refreshing = undefined));
      await this.#refreshing;
    }
    const { token } = await this.#current();
    return token === old ? undefined : token;
  }

  /** Keeps a new pair; throws AnswerError if it is none. */
  async adopt(pair: Pair, name?: string): Promise<void> {
    const { token, refresh_token, expires_in, device_token } = pair;
    const given = [token, refresh_token, ...(device_token === undefined ? [] : [device_token])];
    if (
      !given.every(each => typeof each === 'string' && TOKEN.test(each)) ||
      typeof expires_in !== 'number'
    ) {
      throw new AnswerError('login', 'the answer has no usable tokens');
    }
    const devices = Object.entries((await this.#current()).device_tokens ?? {});
    if (name !== undefined && device_token !== undefined) {
      devices.push([name, device_token]);
    }
    await this.#keep({
      token,
      refresh_token,
      refresh_at: Date.now() + expires_in * 900,
      device_tokens: Object.fromEntries(devices.slice(-DEVICES_MAX)),
    });
  }

  /** Forgets the session, but not the devices. */
  async forget(): Promise<void> {
    const { device_tokens } = await this.#current();
    await this.#keep({ device_tokens });
  }

  async deviceToken(name: string): Promise<string | undefined> {
    const { device_tokens = {} } = await this.#current();
    return Object.hasOwn(device_tokens, name) ? device_tokens[name] : undefined;
  }

  async #current(): Promise<Tokens> {
    if (this.#tokens === undefined) {
      const loaded = await this.store.load();
      // A login may have been faster.
      this.#tokens ??= loaded ?? {};
    }
    return this.#tokens;
  }

  async #keep(tokens: Tokens): Promise<void> {
    this.#tokens = tokens;
    await this.store.save(tokens);
  }

  async #refreshOnce(): Promise<void> {
    const before = await this.#current();
    const saved = (await this.store.load()) ?? before;
    if (saved.token !== before.token) {
      // Another tab or process has refreshed, or logged out.
      this.#tokens = saved;
    } else if (saved.refresh_token !== undefined) {
      await this.#exchange(saved.refresh_token);
    }
  }

  async #exchange(refreshToken: string): Promise<void> {
    // After a login or logout in the meantime the answer is of no use.
    const isStill = (): boolean => this.#tokens?.refresh_token === refreshToken;
    try {
      const pair = await this.refresh(refreshToken);
      if (isStill()) {
        await this.adopt(pair);
      }
    } catch (error) {
      if (isProblem(error, 'refresh') && error.type === '/problems/refresh_refused' && isStill()) {
        await this.forget();
      }
      throw error;
    }
  }
}

/** Keeps tokens in memory. */
export function memoryStore(tokens?: Tokens): TokenStore {
  let kept = tokens;
  return { load: () => kept, save: changed => void (kept = changed) };
}
