import { VARIABLES } from './variables.js';
import type { Variable } from './variables.js';

const HEAD = `# Configuration of library-api. Copy this file to .env and remove the # where you change a default.
# Environment variables override this file. An empty value counts as not set.
`;

/** The text of .env.example: every variable, what it means, what it takes and its default. */
export function envExample(): string {
  return [HEAD, ...Object.values<Variable>(VARIABLES).map(entry)].join('\n');
}

function entry({ name, meaning, takes, default: value, defaultInWords }: Variable): string {
  const standsFor = defaultInWords === undefined ? '' : `# Default: ${defaultInWords}.\n`;
  return `# ${capitalised(meaning)}.\n# Takes ${takes}.\n${standsFor}#${name}=${typeof value === 'string' ? value : ''}\n`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
