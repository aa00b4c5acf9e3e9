import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { INSERT, ledgerKinds, openLedger } from '../../test/support/ledger.js';
import type { OpenLedger } from '../../test/support/ledger.js';
import type { Database } from './database.js';
import type { Transaction } from './database.types.js';

/** The cases of plain-typeorm.spec.ts, where all of them go wrong. */
describe.each(ledgerKinds())('units of work on %s', kind => {
  let ledger: OpenLedger;
  let database: Database;

  beforeEach(async () => {
    ledger = await openLedger(kind);
    database = ledger.database;
  });

  afterEach(() => ledger.close());

  const abort = () => Promise.reject(new Error('aborted'));

  it('T1: stores two units of one tick', async () => {
    await Promise.all(
      ['a', 'b'].map(name =>
        database.write(async tx => {
          await tx.run(INSERT, [1, `${name}1`]);
          await sleep(5);
          await tx.run(INSERT, [1, `${name}2`]);
        }),
      ),
    );

    expect(await ledger.notes()).toEqual(['a1', 'a2', 'b1', 'b2']);
  });

  it('T2: keeps an acknowledged unit when one that began before it aborts', async () => {
    const first = database.write(async tx => {
      await tx.run(INSERT, [1, 'a']);
      await sleep(30);
      await abort();
    });
    const refused = expect(first).rejects.toThrow('aborted');
    await sleep(5);
    await database.write(tx => tx.run(INSERT, [1, 'b']));
    await refused;

    expect(await ledger.notes()).toEqual(['b']);
  });

  it('T3: shows nothing uncommitted, and keeps a single statement when a unit aborts', async () => {
    const first = database.write(async tx => {
      await tx.run(INSERT, [1, 'a']);
      await sleep(30);
      await abort();
    });
    const refused = expect(first).rejects.toThrow('aborted');
    await sleep(5);
    expect(await ledger.notes()).toEqual([]);
    await database.run(INSERT, [1, 'b']);
    await refused;

    expect(await ledger.notes()).toEqual(['b']);
  });

  it('T4: keeps an acknowledged unit when one that began after it aborts', async () => {
    const first = database.write(async tx => {
      await tx.run(INSERT, [1, 'a']);
      await sleep(15);
    });
    await sleep(5);
    const second = database.write(async tx => {
      await tx.run(INSERT, [1, 'b']);
      await sleep(30);
      await abort();
    });
    await first;
    await expect(second).rejects.toThrow('aborted');

    expect(await ledger.notes()).toEqual(['a']);
  });

  it('T5: stores parallel units that use TypeORM', async () => {
    const entries = Array.from({ length: 50 }, (_, index) => ({ account: 1, note: `n${index}` }));
    await Promise.all(entries.map(entry => database.write(() => ledger.entries.save(entry))));

    expect(await ledger.notes()).toHaveLength(50);
  });

  it('T6: neither loses an acknowledged unit of 200 nor keeps an aborted one', async () => {
    const acknowledged: string[] = [];
    const dirty: string[] = [];
    await Promise.allSettled(
      Array.from({ length: 200 }, async (_, index) => {
        await sleep(index % 10);
        await database.write(async tx => {
          await tx.run(INSERT, [1, `n${index}`]);
          await sleep((index * 7) % 4);
          if (index % 5 === 0) {
            await abort();
          }
        });
        acknowledged.push(`n${index}`);
        dirty.push(...(await ledger.notes()).filter(note => Number(note.slice(1)) % 5 === 0));
      }),
    );

    expect(acknowledged).toHaveLength(160);
    expect(dirty).toEqual([]);
    expect(await ledger.notes()).toEqual(acknowledged.sort());
  });

  it('undoes a unit inside another alone', async () => {
    await database.write(async tx => {
      await tx.run(INSERT, [1, 'outer']);
      const inner = database.write(async () => {
        await database.run(INSERT, [1, 'inner']);
        await abort();
      });
      await expect(inner).rejects.toThrow('aborted');
      expect(await ledger.notes()).toEqual(['outer']);
    });

    expect(await ledger.notes()).toEqual(['outer']);
  });

  it('does not mix what runs in parallel inside one unit', async () => {
    await database.write(async tx => {
      const failing = (note: string) =>
        database
          .write(async inner => {
            await inner.run(INSERT, [1, note]);
            await sleep(2);
            await abort();
          })
          .catch(() => undefined);
      await Promise.all([
        failing('x'),
        tx.run(INSERT, [1, 'a']),
        database.write(inner => inner.run(INSERT, [1, 'b'])),
        failing('y'),
        database.run(INSERT, [1, 'c']),
      ]);
    });

    expect(await ledger.notes()).toEqual(['a', 'b', 'c']);
  });

  it('waits for inner units that no one awaited', async () => {
    await database.write(async tx => {
      await tx.run(INSERT, [1, 'outer']);
      void database.write(async inner => {
        await sleep(5);
        await inner.run(INSERT, [1, 'inner']);
      });
    });

    expect(await ledger.notes()).toEqual(['inner', 'outer']);
  });

  it('refuses a statement that comes after the end of its unit', async () => {
    let kept: Transaction | undefined;
    const notes: Promise<unknown>[] = [];
    await database.write(tx => {
      kept = tx;
      notes.push(sleep(5).then(() => tx.run(INSERT, [1, 'stray'])));
      notes[0].catch(() => undefined);
      return Promise.resolve();
    });
    const next = database.write(async tx => {
      await tx.run(INSERT, [1, 'next']);
      await sleep(15);
      await abort();
    });

    await expect(notes[0]).rejects.toThrow('has ended');
    await expect(kept?.all('SELECT 1')).rejects.toThrow('has ended');
    await expect(next).rejects.toThrow('aborted');
    expect(await ledger.notes()).toEqual([]);
  });

  it('stores in a separate write what a unit started and left running', async () => {
    let late: Promise<unknown> = Promise.resolve();
    await database.write(() => {
      late = sleep(5).then(() => database.run(INSERT, [1, 'late']));
      return Promise.resolve();
    });
    const next = database.write(async () => {
      await sleep(15);
      await abort();
    });

    await expect(next).rejects.toThrow('aborted');
    await late;
    expect(await ledger.notes()).toEqual(['late']);
  });

  it('acts after the commit, in order, and not for what was undone', async () => {
    const done: string[] = [];
    const note = (name: string) => async () => {
      await database.run(INSERT, [1, name]);
      database.afterCommit(() => done.push(name));
    };
    const inner = async (): Promise<void> => {
      await database.write(note('inner'));
      await abort();
    };
    await database.write(async () => {
      await note('first')();
      await database.write(note('second'));
      await database.write(inner).catch(() => undefined);
      expect(done).toEqual([]);
    });
    expect(done).toEqual(['first', 'second']);
    await expect(database.write(() => note('lost')().then(abort))).rejects.toThrow('aborted');
    expect(done).toEqual(['first', 'second']);
    expect(await ledger.notes()).toEqual(['first', 'second']);
  });

  it('acts at once outside of a unit', async () => {
    let acted = false;
    database.afterCommit(() => (acted = true));
    expect(acted).toBe(true);
  });

  it('undoes a single statement that fails half way, and only that one', async () => {
    const both = 'INSERT INTO ledger (account, note) VALUES (1, $1), (1, $2) RETURNING note';
    const outcomes = await Promise.allSettled([
      database.change(both, ['a', 'b']),
      database.change(both, ['c', 'a']),
      database.write(tx => tx.run(INSERT, [1, 'd'])),
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[0]).toMatchObject({ value: [{ note: 'a' }, { note: 'b' }] });
    expect(await ledger.notes()).toEqual(['a', 'b', 'd']);
  });

  it('makes a single statement part of the unit that it runs in', async () => {
    const unit = database.write(async () => {
      await database.change(INSERT, [1, 'a']);
      await abort();
    });

    await expect(unit).rejects.toThrow('aborted');
    expect(await ledger.notes()).toEqual([]);
  });
});
