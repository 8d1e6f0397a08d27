import { branchCases } from './branch-cases.ts';
import { GitBench } from './git-bench.ts';

branchCases('the evidence branch, by way of git', () => GitBench.start());
