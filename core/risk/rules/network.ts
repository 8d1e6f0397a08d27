import type { ProposedFinding } from '../../proposal.ts';
import { blocks, hasHidden, texts } from '../changed-resource.ts';
import type { ChangedResource } from '../changed-resource.ts';
import { finding } from '../finding.ts';
import type { Level } from '../finding.ts';
import { words } from '../words.ts';

/** One way in, already of one form for every provider. Ports are inclusive; everything: 0 to 65535. */
interface Way {
  readonly isWorld: boolean;
  readonly from: number;
  readonly to: number;
}

/** Remote shells, desktops, databases and the programs that steer machines. */
const DANGEROUS_PORTS: readonly number[] = [
  22, 23, 445, 1433, 1521, 2375, 2376, 2379, 3306, 3389, 5432, 5439, 5900, 5984, 5985, 5986, 6379, 6443, 7001, 8020,
  9042, 9200, 9300, 10_250, 11_211, 27_017, 27_018,
];
const WEB_PORTS: readonly number[] = [80, 443];
const HIGHEST_PORT = 65_535;

/** Ways in from anywhere that were not open before. */
export function judgeNetwork(resource: ChangedResource): readonly ProposedFinding[] {
  if (resource.isData || !resource.lives) return [];
  const read = READERS.find(([pattern]) => pattern.test(resource.type))?.[1];
  if (read === undefined) return [];
  const before = read(resource, 'before');
  const after = read(resource, 'after');
  const open = after.ways.filter(
    (way) => way.isWorld && !before.ways.some((old) => old.isWorld && old.from <= way.from && old.to >= way.to),
  );
  const found: ProposedFinding[] = [];
  for (const level of new Set(open.map(levelOf))) {
    found.push(finding(['exposure-open-ingress', 'public-exposure', level], resource.address, WHY[level]));
  }
  if (open.length === 0 && after.isHidden) {
    const why = 'From where it lets in cannot be judged before apply.';
    found.push(finding(['unknown-security-attribute', 'incomplete', 'medium'], resource.address, why, 'possible'));
  }
  return found;
}

const WHY: Readonly<Record<Level, string>> = {
  critical: 'It lets everybody in to a port of a shell, desktop, database or control program, or to all ports.',
  high: 'It lets everybody in.',
  medium: 'It lets everybody in to web ports.',
  low: 'It lets everybody in.',
};

function levelOf({ from, to }: Way): Level {
  if (DANGEROUS_PORTS.some((port) => port >= from && port <= to)) return 'critical';
  return from === to && WEB_PORTS.includes(from) ? 'medium' : 'high';
}

interface Ways {
  readonly ways: readonly Way[];
  /** Something that decides it is not known yet. */
  readonly isHidden: boolean;
}
type Side = 'before' | 'after';
type Reader = (resource: ChangedResource, side: Side) => Ways;

const READERS: readonly (readonly [RegExp, Reader])[] = [
  [/^aws_(?:default_)?security_group$/, (resource, side) => awsBlocks(resource.read('ingress')[side])],
  [/^aws_security_group_rule$/, (resource, side) => onlyIf(isIngress(resource, side), awsRule(resource, side))],
  [/^aws_vpc_security_group_ingress_rule$/, (resource, side) => awsRule(resource, side)],
  [/^aws_(?:default_)?network_acl$/, (resource, side) => awsBlocks(resource.read('ingress')[side])],
  [/^aws_network_acl_rule$/, (resource, side) => onlyIf(isInboundAcl(resource, side), awsRule(resource, side))],
  [/^google_compute_firewall$/, googleFirewall],
  [/^google_sql_database_instance$/, googleSql],
  [/^azurerm_network_security_rule$/, (resource, side) => azureRules([whole(resource, side, AZURE_FIELDS)])],
  [/^azurerm_network_security_group$/, (resource, side) => azureRules(blocks(resource.read('security_rule')[side]))],
];

function isIngress(resource: ChangedResource, side: Side): boolean {
  return resource.read('type')[side] !== 'egress';
}

function isInboundAcl(resource: ChangedResource, side: Side): boolean {
  return resource.read('egress')[side] !== true && resource.read('rule_action')[side] !== 'deny';
}

function onlyIf(applies: boolean, ways: Ways): Ways {
  return applies ? ways : { ways: [], isHidden: false };
}

const AWS_FIELDS: readonly string[] = words(`
  cidr_blocks ipv6_cidr_blocks cidr_block ipv6_cidr_block cidr_ipv4 cidr_ipv6 from_port to_port protocol ip_protocol
`);
const AWS_SOURCES: readonly string[] = AWS_FIELDS.slice(0, 6);
const AZURE_FIELDS: readonly string[] = words(`
  direction access source_address_prefix source_address_prefixes destination_port_range destination_port_ranges
`);

type Fields = Readonly<Record<string, unknown>>;

/** The named attributes of the resource itself, as a block has them. */
function whole(resource: ChangedResource, side: Side, names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, resource.read(name)[side]]));
}

function awsRule(resource: ChangedResource, side: Side): Ways {
  return awsBlocks(whole(resource, side, AWS_FIELDS));
}

function awsBlocks(value: unknown): Ways {
  const rules = blocks(value).filter((rule) => rule['action'] !== 'deny');
  return {
    ways: rules.map((rule) => {
      const protocol = rule['protocol'] ?? rule['ip_protocol'];
      const isAll = protocol === '-1' || protocol === -1 || protocol === 'all';
      return {
        isWorld: AWS_SOURCES.some((name) => texts(rule[name]).some(isWorld)),
        from: isAll ? 0 : port(rule['from_port'], 0),
        to: isAll ? HIGHEST_PORT : port(rule['to_port'], HIGHEST_PORT),
      };
    }),
    isHidden: isWhollyHidden(value) || rules.some((rule) => AWS_SOURCES.some((name) => hasHidden(rule[name]))),
  };
}

/** The whole list of rules, and not only something in one of them. */
function isWhollyHidden(value: unknown): boolean {
  return typeof value === 'symbol';
}

function googleFirewall(resource: ChangedResource, side: Side): Ways {
  const ranges = resource.read('source_ranges')[side];
  const allow = resource.read('allow')[side];
  if (resource.read('direction')[side] === 'EGRESS' || resource.read('disabled')[side] === true) {
    return { ways: [], isHidden: false };
  }
  const world = texts(ranges).some(isWorld);
  const ways = blocks(allow).flatMap((block) => {
    const named = texts(block['ports']);
    return (named.length === 0 ? [`0-${HIGHEST_PORT}`] : named).map((range) => ({
      isWorld: world,
      ...portRange(range),
    }));
  });
  return { ways, isHidden: hasHidden(ranges) || isWhollyHidden(allow) };
}

function googleSql(resource: ChangedResource, side: Side): Ways {
  const settings = resource.read('settings')[side];
  const networks = blocks(settings)
    .flatMap((each) => blocks(each['ip_configuration']))
    .flatMap((each) => blocks(each['authorized_networks']));
  return {
    ways: networks.map((each) => ({ isWorld: texts(each['value']).some(isWorld), from: 5432, to: 5432 })),
    isHidden: isWhollyHidden(settings) || networks.some((each) => hasHidden(each['value'])),
  };
}

function azureRules(rules: readonly Fields[]): Ways {
  const inbound = rules.filter((rule) => rule['direction'] !== 'Outbound' && rule['access'] !== 'Deny');
  return {
    ways: inbound.flatMap((rule) => {
      const sources = [...texts(rule['source_address_prefix']), ...texts(rule['source_address_prefixes'])];
      const ports = [...texts(rule['destination_port_range']), ...texts(rule['destination_port_ranges'])];
      return ports.map((range) => ({ isWorld: sources.some(isWorld), ...portRange(range) }));
    }),
    isHidden: inbound.some(
      (rule) => hasHidden(rule['source_address_prefix']) || hasHidden(rule['source_address_prefixes']),
    ),
  };
}

/**
 * The whole Internet or a large part of it: `0.0.0.0/1` and `128.0.0.0/1` together say the same in two lines, and no company
 * has more than a `/8`.
 */
function isWorld(source: string): boolean {
  if (source === '*' || /^(?:any|internet)$/i.test(source)) return true;
  const [address = '', prefix] = source.split('/');
  if (prefix === undefined || !/^\d{1,3}$/.test(prefix)) return address === '0.0.0.0' || address === '::';
  return address.includes(':') ? Number(prefix) < 16 : Number(prefix) < 8;
}

function port(value: unknown, otherwise: number): number {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 ? number : otherwise;
}

function portRange(range: string): { readonly from: number; readonly to: number } {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range.trim());
  if (match === null) return { from: 0, to: HIGHEST_PORT };
  const from = Number(match[1]);
  return { from, to: match[2] === undefined ? from : Number(match[2]) };
}
