import { type Scenario, scenario } from 'heddle';
import { firstAnswer } from './first-answer.ts';

export const twoSources = (room: number): Scenario =>
  scenario(`the first of two answers, room for ${room}`, (world) => {
    let answer: string | undefined;
    world.process('client').spawn('client', function* client(sys) {
      const sources = ['near', 'far'].map(
        (name) =>
          function* source() {
            return name;
          },
      );
      answer = yield* firstAnswer(sys, sources, room);
    });
    world.finally('one of them is given', () => answer === 'near' || answer === 'far');
  });
