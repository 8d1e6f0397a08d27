import type { AgentRegistry } from './registry.ts';

// What may follow a product's name when a tool or a model is meant, not a person called Claude, Devin or Kimi.
const MODEL =
  /^(?:\s*[:/([]|[\s_.-]*(?:v?\d{1,3}(?:\.\d+)*o?(?![0-9a-z])|(?:code|cli|app|ai|agent|bot|assistant|autofix|cloud|pro|flash|opus|sonnet|haiku|fable|gpt|claude|gemini|codex|mini|max|coder|via)\b))/;
// `AI`, a model with its version, or the form `AGENT:MODEL` of the Linux kernel's coding-assistants.rst.
const GENERIC =
  /\b(?:ai|llms?|agent)\b|\bmodel\s*:|\b(?:claude|codestral|deepseek|gemini|glm|gpt|grok|kimi|llama|minimax|mistral|opus|qwen|sonnet)[\s_.-]*v?\d|^[a-z][\w.-]*:[a-z][\w./-]*\d/;
const INSIDE = /(?:\(|\b(?:via|with) )([^()]{2,60})\)?$/;

/** What a name says about an agent. */
export interface Product {
  readonly agent: string;
  /** The registry's text that matched. */
  readonly text: string;
}

/**
 * The product that a name begins with, or null.
 *
 * @param options.firstNames whether a product name that people have too counts alone (`Claude`)
 */
export function productNamed(
  name: string,
  registry: AgentRegistry,
  options: { readonly firstNames: boolean },
): Product | null {
  const text = name.trim().toLowerCase();
  for (const product of registry.productNames) {
    if (!text.startsWith(product.text)) continue;
    const rest = text.slice(product.text.length);
    if (rest === '' || MODEL.test(rest)) return product;
  }
  for (const product of registry.firstNames) {
    if (!text.startsWith(product.text)) continue;
    const rest = text.slice(product.text.length);
    if (rest === '' ? options.firstNames : MODEL.test(rest)) return product;
  }
  return null;
}

/** `AI`, `Hermes Agent`, `#llms`, `Tool (glm-4.6)`, `tool:model-4`: some AI is named where a trailer says who helped, without saying which. */
export function namesSomeAi(value: string): boolean {
  return GENERIC.test(value.toLowerCase());
}

/** The product in `Ada Lovelace (claude-sonnet-4)`, `Ada via Copilot` or `Ada (aider)`: a person's name that a tool signed with. */
export function productSigning(name: string, registry: AgentRegistry): Product | null {
  const text = name.trim().toLowerCase();
  const suffix = registry.nameSuffixes.find((candidate) => text.endsWith(candidate.text));
  if (suffix !== undefined) return suffix;
  const inside = text.length > 200 ? undefined : INSIDE.exec(text)?.[1];
  return inside === undefined ? null : productNamed(inside, registry, { firstNames: true });
}
