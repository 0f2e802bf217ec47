import { describe, expect, it } from 'vitest';
import { traceRun } from '../../src/sim/explore/trace.ts';
import { type Cost, costOf } from '../../src/sim/trace/cost.ts';
import { tour } from './runs.ts';

const SERVICE = ['server'];
const MESSAGES = 4;

function costOfTour(id: string): Cost {
  return costOf(traceRun(tour(id), [], { roadStepsMax: 0 }).model, SERVICE);
}

describe('what a message costs', () => {
  it('a thread per connection: a task that waits for each, and two syscalls', () => {
    const cost = costOfTour('threaded');
    expect(cost).toMatchObject({ tasksMax: 3, processes: 1, syscalls: 2 * MESSAGES });
    expect(Object.fromEntries(cost.byCall)).toEqual({ recv: MESSAGES, send: MESSAGES });
    expect(Object.fromEntries(cost.waits)).toEqual({ accept: 1, recv: 2 });
  });

  it('a process per connection, forked twice so that nobody has to wait for it', () => {
    expect(costOfTour('fork')).toMatchObject({ processes: 5 });
  });

  it.each([
    ['select-queues', 'select'],
    ['poll', 'poll'],
    ['epoll-level', 'epollWait'],
    ['streams', 'epollWait'],
  ])('%s: one task that sleeps in %s, and asks more often than it answers', (id, call) => {
    const cost = costOfTour(id);
    expect(cost.tasksMax).toBe(1);
    expect(cost.waits).toEqual([[call, 1]]);
    expect(cost.syscalls).toBeGreaterThan(2 * MESSAGES);
    expect(cost.wakeUps).toBeGreaterThan(0);
    expect(cost.wakeUps).toBeLessThanOrEqual(2 * MESSAGES);
  });
});
