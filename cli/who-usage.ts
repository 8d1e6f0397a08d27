/** Apart from the command, so that the help of the others loads nothing of it. */
export const whoUsage = `countersign who <owner/repository> <pull request | run | SHA> [options]

  Who is behind a change, whether an AI agent wrote or started it, who may not countersign it and why, and who could
  release it under the policy in force. Reads GitHub with the token in GITHUB_TOKEN or GH_TOKEN and changes nothing.
  A number is a pull request if there is one, otherwise a run; #12 and run:34 say which. A SHA has all its 40 digits.
  Without the App's store: what it keeps of earlier heads, of answers by button or command, of how long somebody is in a
  team, and what it last released are not known here.
  Exit code 0: answered. 1: not everything could be read, and what. 2: wrong usage, nothing was read.

  --base <SHA>           what was released before, of a run or SHA; without it only the newest commit is judged, as suspected
  --environment <name>   of a run (default: those that it waits for now)
  --person <login>       also asks about this person; may be given several times
  --host <URL>           a GitHub Enterprise Server
  --json                 print everything as JSON
`;
