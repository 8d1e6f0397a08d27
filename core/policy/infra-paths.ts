/**
 * Paths that touch infrastructure, workflows or the gate itself: picomatch globs over the whole path.
 *
 * Only the path is judged, never the content. So technologies that are known by their content (Kubernetes and Crossplane
 * YAML, CloudFormation) are listed by their usual folders and endings, whole; a manifest in an unusual place is found only
 * by `scope: all` or by a rule that names the place. Nothing is excluded: an exclude would be the place to hide.
 *
 * Sources, short: renovate = renovatebot/renovate@c2dd4f856f default file patterns; checkov = bridgecrewio/checkov@03d5fdad8d
 * runners; trivy = aquasecurity/trivy@dc3c56eed5 pkg/iac/detection; linguist = github-linguist/linguist@b45dbe9b2
 * languages.yml; zizmor, safe-settings, policy-bot: their documented files; own = conventions of the tool itself.
 */
export type PathKind = 'infra' | 'workflow' | 'guardrails' | 'data' | 'iam' | 'secrets';

export interface Technology {
  readonly id: string;
  readonly kind: PathKind;
  readonly source: string;
  readonly globs: readonly string[];
}

const YAML = '{yaml,yml}';
const YAML_JSON = '{yaml,yml,json}';

/** Any file with one of these endings, wherever it is. */
const endings = (...names: readonly string[]): readonly string[] => names.map((name) => `**/*.${name}`);
/** Any path that ends like this, wherever it is. */
const named = (...names: readonly string[]): readonly string[] => names.map((name) => `**/${name}`);
/** Everything below a folder of this name, wherever it is. */
const below = (...names: readonly string[]): readonly string[] => names.map((name) => `**/${name}/**`);

export const TECHNOLOGIES: readonly Technology[] = [
  {
    id: 'terraform',
    kind: 'infra',
    source: 'renovate, trivy, checkov, linguist; own: state, lock and stack files',
    globs: [
      ...endings('{tf,tofu}', '{tf,tofu}.json', 'tfvars', 'tfvars.json', 'tftpl', 'tfstate', 'tfstate.backup'),
      ...endings('tftest.hcl', 'tofutest.hcl', 'tfbackend', 'tf{stack,deploy,component,query}.hcl'),
      ...named('.terraform.lock.hcl', '.terraform-version', '.opentofu-version', '.terraformrc', 'terraform.rc'),
      ...named('backend.hcl'),
    ],
  },
  {
    id: 'terragrunt',
    kind: 'infra',
    source: 'renovate; own: root and stack files',
    globs: named('terragrunt.hcl', 'root.hcl', 'terragrunt.{stack,values}.hcl', '.terragrunt-version'),
  },
  {
    id: 'apply-runners',
    kind: 'infra',
    source: 'renovate tflint; own: these files choose what runs at apply or silence a scanner',
    globs: [
      ...named(`{atlantis,digger,env0}.${YAML}`, '.tflint.hcl', `.checkov.${YAML}`, '.trivyignore{,.yaml}'),
      ...below('.tfsec'),
      '.spacelift/**',
    ],
  },
  { id: 'pulumi', kind: 'infra', source: 'own', globs: named(`Pulumi.${YAML}`, `Pulumi.*.${YAML}`) },
  {
    id: 'cloudformation',
    kind: 'infra',
    source: 'trivy and checkov judge content; own: usual folders and endings',
    globs: [
      ...endings('template', 'template.{json,yaml,yml}', `cfn.${YAML_JSON}`),
      ...named(`cloudformation/**/*.${YAML_JSON}`, `cfn/**/*.${YAML_JSON}`, `cloudformation*.${YAML_JSON}`),
      ...named('samconfig.{toml,yaml,yml}'),
    ],
  },
  {
    id: 'cdk',
    kind: 'infra',
    source: 'own (checkov: by language)',
    globs: named('cdk.json', 'cdk.context.json', '{cdktf,cdktn}.json', `cdk8s.${YAML}`),
  },
  {
    id: 'kubernetes',
    kind: 'infra',
    source: 'trivy and checkov judge content; renovate kustomize, helm, flux, fleet; own: usual folders',
    globs: [
      ...named(`{k8s,kubernetes,manifests,deploy,clusters,overlays,bases}/**/*.${YAML_JSON}`, `crossplane.${YAML}`),
      ...named(`crossplane/**/*.${YAML}`, 'kubeconfig', `kustomization.${YAML}`, 'Kustomization'),
      ...endings(`k8s.${YAML}`, 'kubeconfig'),
      ...named(`Chart.${YAML}`, 'Chart.lock', `values.${YAML}`, `values-*.${YAML}`, `values.*.${YAML}`),
      ...named('values.schema.json', '.helmignore', `helmfile.${YAML}`, `helmfile.${YAML}.gotmpl`, 'helmfile.lock'),
      ...named('helmsman*.{yaml,yml,toml}'),
      ...below('charts', 'helmfile.d', 'argocd', 'argo-cd', 'flux-system'),
      ...named(`argo/**/*.${YAML}`, `applicationset*.${YAML}`, `gotk-{components,sync}.${YAML}`, `fleet.${YAML}`),
    ],
  },
  {
    id: 'ansible',
    kind: 'infra',
    source: 'renovate, checkov, trivy; own: inventory and variables',
    globs: [
      ...named('ansible.cfg', `playbook*.${YAML}`, `playbooks/**/*.${YAML}`, `tasks/*.${YAML}`, `galaxy.${YAML}`),
      ...named('roles/*/{tasks,handlers,defaults,vars,templates,meta,files}/**', 'inventory.{ini,yaml,yml}'),
      ...named(`requirements.ansible.${YAML}`),
      ...below('ansible', 'group_vars', 'host_vars', 'inventory'),
    ],
  },
  {
    id: 'configuration-management',
    kind: 'infra',
    source: 'linguist Puppet, HCL; renovate puppet, nix; own',
    globs: [
      ...endings('pp', 'sls', 'pkr.hcl', 'pkrvars.hcl', 'nomad', 'nomad.hcl'),
      ...named('Puppetfile', `hiera.${YAML}`, 'Berksfile', 'configuration.nix', 'flake.nix', 'Vagrantfile'),
      ...named('cloud-init*.{yaml,yml,cfg}', 'user-data*'),
      ...below('cookbooks'),
    ],
  },
  {
    id: 'images',
    kind: 'infra',
    source: 'renovate dockerfile, docker-compose, devcontainer, quadlet; trivy; checkov; linguist',
    globs: [
      ...named('{Dockerfile,Containerfile}', '{Dockerfile,Containerfile}.*', 'Dockerfile-*', '.dockerignore'),
      ...endings('{Dockerfile,Containerfile}', 'container', 'pod'),
      ...named(`compose.${YAML}`, `compose.*.${YAML}`, `compose-*.${YAML}`, `docker-compose*.${YAML}`),
      ...named('docker-bake{,.override}.{hcl,json}', '.devcontainer.json', 'Earthfile', 'Tiltfile'),
      ...named(`skaffold.${YAML}`),
      ...below('.devcontainer'),
    ],
  },
  {
    id: 'serverless-and-hosting',
    kind: 'infra',
    source: 'checkov serverless; own',
    globs: [
      ...named(
        'serverless.{yaml,yml,json,ts,js}',
        `amplify.${YAML}`,
        'sst.config.{ts,js}',
        'wrangler.{toml,json,jsonc}',
      ),
      ...named('vercel.json', 'netlify.toml', 'fly.toml', `render.${YAML}`, `app.${YAML}`, 'Procfile', 'heroku.yml'),
      ...named('railway.{json,toml}', 'firebase.json', '{firestore,storage}.rules', '*.firestore.indexes.json'),
      ...named('apprunner.yaml', `copilot/**/manifest.${YAML}`, 'zappa_settings.json'),
      ...below('amplify', '.ebextensions', '.elasticbeanstalk', '.platform', 'chalice'),
    ],
  },
  {
    id: 'azure-and-google',
    kind: 'infra',
    source: 'renovate bicep, linguist, checkov, trivy; own',
    globs: [
      ...endings('bicep', 'bicepparam', 'jinja.schema'),
      ...named('bicepconfig.json', 'azuredeploy*.json', 'arm/**/*.json', `azure.${YAML}`, `clouddeploy.${YAML}`),
      ...below('deployment-manager', 'infra-manager'),
    ],
  },
  {
    id: 'network-edge',
    kind: 'infra',
    source: 'linguist Nginx; own',
    globs: [
      ...endings('nginx', 'nginxconf', 'vhost', 'zone', 'nft'),
      ...named('nginx.conf', 'nginx/**/*.conf', 'haproxy.cfg', `envoy*.${YAML_JSON}`, 'Caddyfile', 'httpd.conf'),
      ...named('traefik*.{yaml,yml,toml}', '.htaccess', 'dnscontrol.js', 'dnsconfig.js', 'iptables*'),
      ...below('sites-available', 'sites-enabled', 'octodns'),
    ],
  },
  {
    id: 'deploy-scripts',
    kind: 'infra',
    source: 'renovate mise; own (a Makefile is too common to count by its name)',
    globs: [
      ...named('deploy*.{sh,bash,ps1,py,js,ts,rb}', 'release*.sh', 'rollback*.{sh,py}', 'bin/deploy*'),
      ...named('scripts/{deploy,ops,infra,db,backup,restore,migrate}/**', 'ops/**/*.{sh,py,ps1}', '{,.}mise.toml'),
    ],
  },
  {
    id: 'dependency-updates',
    kind: 'infra',
    source: 'renovate, zizmor dependabot audits',
    globs: [`.github/dependabot.${YAML}`, '{,.github/,.gitlab/}renovate.{json,json5}', '.renovaterc{,.json,.json5}'],
  },
  {
    id: 'workflows',
    kind: 'workflow',
    source: 'renovate and checkov github-actions and other CI; zizmor',
    globs: [
      '{.github,.gitea,.forgejo}/workflows/**',
      '.github/actions/**',
      'workflow-templates/**',
      ...named(`action.${YAML}`, `.gitlab-ci.${YAML}`, `*azure{,-,_}pipeline*.${YAML}`, `bitbucket-pipelines.${YAML}`),
      ...named(`buildkite.${YAML}`, `cloudbuild*.${YAML_JSON}`, `buildspec*.${YAML}`, `appspec.${YAML}`),
      ...named('Jenkinsfile', 'Jenkinsfile.*', `.vela.${YAML}`, 'Makefile.deploy', 'fastlane/Fastfile'),
      '{.gitlab/ci,.circleci,.azuredevops,.buildkite,.woodpecker,.tekton}/**',
      `{.drone,.travis,.woodpecker}.${YAML}`,
    ],
  },
  {
    id: 'this-gate',
    kind: 'guardrails',
    source: 'own: our policy; and what changes how git shows or fetches a change (C80)',
    globs: ['.github/countersign.yml', ...named('.gitattributes', '.gitmodules')],
  },
  {
    id: 'repository-rules',
    kind: 'guardrails',
    source: 'GitHub, safe-settings, policy-bot, Mergify, zizmor',
    globs: [
      '{,.github/,docs/,.gitlab/}CODEOWNERS',
      '{policy,.policy,.github/policy,.github/settings,.github/secret_scanning}.yml',
      '.github/{suborgs,repos,rulesets}/**',
      '{.mergify,.mergify/config,.github/mergify}.yml',
      '{,.github/}zizmor.yml',
    ],
  },
  {
    id: 'agent-instructions',
    kind: 'guardrails',
    source: 'Smana/cloud-native-ref .policy.yml; own: documented file names of the agents',
    globs: [
      ...named('{AGENTS,CLAUDE,GEMINI}.md', '{,.}mcp.json', '.{cursor,windsurf}rules'),
      ...below('.claude', '.cursor', '.gemini', '.codex'),
      '.github/copilot-instructions.md',
      '.github/{instructions,agents,prompts}/**',
    ],
  },
  {
    id: 'admission-policy',
    kind: 'guardrails',
    source: 'linguist Open Policy Agent; own',
    globs: [
      ...endings('rego', 'sentinel', 'cedar', 'cedarschema'),
      ...named('sentinel.hcl', 'conftest.toml', `kyverno*/**/*.${YAML}`),
    ],
  },
  {
    id: 'database-migrations',
    kind: 'data',
    source: 'own: conventions of Rails, Alembic, Flyway, Liquibase, Prisma, Drizzle, Atlas, Knex, Sqitch',
    globs: [
      ...below('migrations', 'db/migrate', 'alembic/versions', 'flyway', 'liquibase', 'dbmate'),
      ...named('migrate/**/*.{rb,sql,go,ts,js,py}', 'db/schema.rb', 'db/structure.sql', 'alembic.ini'),
      ...named('flyway.{conf,toml}', '{V,U}[0-9]*__*.sql', 'R__*.sql', '*changelog*.{xml,sql}', 'liquibase.properties'),
      ...named(
        'prisma/schema.prisma',
        'drizzle/**/*.sql',
        'drizzle.config.*',
        'atlas.hcl',
        'knexfile.*',
        'sqitch.plan',
      ),
    ],
  },
  {
    id: 'access-documents',
    kind: 'iam',
    source: 'own; their content is not read, so the name alone counts',
    globs: [
      ...named('*{iam,policy,trust,role}*.json', `iam/**/*.${YAML_JSON}`, `rbac/**/*.${YAML_JSON}`, `*rbac*.${YAML}`),
      ...named('scp/**/*.json'),
      ...below('permission-sets'),
    ],
  },
  {
    id: 'secrets',
    kind: 'secrets',
    source: 'own',
    globs: [
      ...named('.env', '.env.*', 'secrets.{yaml,yml,json,enc.yaml}', `.sops.${YAML}`, 'id_rsa*'),
      ...endings('env', `secret.${YAML}`, 'sops.{yaml,yml,json,env}', `enc.${YAML_JSON}`, 'agebox'),
      ...endings('pem', 'key', 'p12', 'pfx', 'jks'),
      ...named('.npmrc', '.netrc', '.pypirc', 'vault/**/*.hcl', '*{sealed,external}secret*.{yaml,yml}'),
      ...below('sealed-secrets', '.git-crypt'),
    ],
  },
];
