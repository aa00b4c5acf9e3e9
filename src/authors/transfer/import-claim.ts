/** How long (milliseconds) after its last hidden slice an import is believed to be alive. */
export const HELD_MS = 10_000;

/** The code of an error: what the import has stored was taken away by one that took it for dead. */
export const IMPORT_LOST = 'IMPORT_LOST';
