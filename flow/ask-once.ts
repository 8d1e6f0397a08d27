import type { People } from '../core/ports.ts';

/** The same people, each question asked once: within one look, in which two policies may judge, and never for longer. */
export function askOnce(people: People): People {
  return {
    permission: once((ref, login) => people.permission(ref, login)),
    isTeamMember: once((ref, team, login) => people.isTeamMember(ref, team, login)),
    teamMembers: once((ref, team) => people.teamMembers(ref, team)),
    collaborators: once((ref) => people.collaborators(ref)),
    appOwner: once((ref, slug) => people.appOwner(ref, slug)),
    byLogin: once((ref, login) => people.byLogin(ref, login)),
  } satisfies People;
}

function once<Given extends readonly unknown[], Answer>(
  ask: (...given: Given) => Promise<Answer>,
): (...given: Given) => Promise<Answer> {
  const answers = new Map<string, Promise<Answer>>();
  return (...given) => {
    const key = JSON.stringify(given);
    const answer = answers.get(key) ?? ask(...given);
    answers.set(key, answer);
    return answer;
  };
}
