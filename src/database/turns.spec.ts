import { describe, expect, it } from 'vitest';
import { Turns } from './turns.js';

const LIMITS = { atOnce: 2, perOwner: 1, waiting: 1, patienceMs: 1_000 };

describe('turns', () => {
  it('let the next owner in while the first owner waits behind itself', async () => {
    const turns = new Turns('reads', LIMITS);
    const end = await turns.take('a');
    let began = false;
    const second = turns.take('a').then(done => {
      began = true;
      return done;
    });
    const other = await turns.take('b');
    expect(began).toBe(false);
    other();
    end();
    (await second)();
  });

  it('refuse what one owner has too many of, and say how many it may have', async () => {
    const turns = new Turns('reads', LIMITS);
    const end = await turns.take('a');
    const waiting = turns.take('a');
    await expect(turns.take('a')).rejects.toMatchObject({
      code: 'too_many_requests',
      detail: 'too many reads are in progress; the limit for one user is 2',
    });
    end();
    (await waiting)();
  });

  it('answer 503 to an owner to whom others leave no place in time', async () => {
    const turns = new Turns('reads', { ...LIMITS, patienceMs: 20 });
    await turns.take('a');
    await turns.take('b');
    await expect(turns.take('c')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('answer 503 at once to a caller that does not wait', async () => {
    const turns = new Turns('reads', { ...LIMITS, atOnce: 1 });
    const end = await turns.take('a');
    await expect(turns.take('b', 0)).rejects.toMatchObject({ code: 'unavailable' });
    end();
    (await turns.take('b'))();
  });

  it('end the turn of work that fails', async () => {
    const turns = new Turns('reads', { ...LIMITS, atOnce: 1 });
    const failing = turns.run('a', () => Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
    expect(await turns.run('a', () => Promise.resolve(1))).toBe(1);
  });

  it('let one running owner yield for each that waits and could start', async () => {
    const turns = new Turns('reads', LIMITS);
    const [end] = [await turns.take('a'), await turns.take('b')];
    expect(turns.mustYield('a')).toBe(false);
    const third = turns.take('c');
    expect([turns.mustYield('a'), turns.mustYield('b')]).toEqual([true, false]);
    end();
    const endThird = await third;
    const again = turns.take('c');
    expect([turns.mustYield('b'), turns.mustYield('c')]).toEqual([false, true]);
    endThird();
    (await again)();
  });
});
