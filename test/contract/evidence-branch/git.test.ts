import { branchCases } from './branch-cases.ts';
import { GitBench } from './git-bench.ts';

branchCases('git', () => GitBench.start());
