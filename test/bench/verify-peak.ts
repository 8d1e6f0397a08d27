import { runVerify } from '../../cli/verify.ts';

/** Runs `countersign verify` with these arguments in this process and prints its seconds, peak memory and exit code. */
const begin = performance.now();
const code = await runVerify(process.argv.slice(2), () => {});
const seconds = (performance.now() - begin) / 1000;
process.stdout.write(JSON.stringify({ code, seconds, peakMegabytes: process.resourceUsage().maxRSS / 1024 }));
