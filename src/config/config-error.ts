/**
 * The configuration is wrong. The message is one line that names the variable, what it got (never a secret) and what
 * it accepts. The program prints it and exits with `exitCode`.
 */
export class ConfigError extends Error {
  /** EX_CONFIG of sysexits.h. */
  readonly exitCode = 78;

  constructor(
    readonly variable: string,
    message: string,
  ) {
    super(`${variable} ${message.replace(/\s*[\r\n]+\s*/g, ' ')}`);
    this.name = 'ConfigError';
  }
}
