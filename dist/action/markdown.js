import{I as e}from"./schemas.js";function t(t){return e(t).replaceAll(`&`,`&amp;`).replaceAll(`<`,`&lt;`).replaceAll(`>`,`&gt;`).replaceAll(/[\\`*_{}[\]()#+!|~$-]/g,`\\$&`).replaceAll(`@`,`&#64;`).replaceAll(`://`,`&#58;//`).replaceAll(/\bwww\./gi,`www&#46;`)}function n(e,t){let n=e=>`| ${e.join(` | `)} |`;return[n(e),n(e.map(()=>`---`)),...t.map(n)].join(`
`)}function r(e,t,n=`, `){let r=e.slice(0,t).join(n),i=n===`, `?` `:n;return e.length>t?`${r}${i}and ${e.length-t} more`:r}function i(e,t){if(e.length<=t)return e;let n=e.split(`
`),r=e=>`\n…cut: ${n.length-e} more lines do not fit here.`,i=e.slice(0,t-r(0).length),a=i.lastIndexOf(`
`);if(a<=0)return`${i}${r(0)}`;let o=i.slice(0,a);return`${o}${r(o.split(`
`).length)}`}export{n as i,i as n,r,t};