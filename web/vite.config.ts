import { defineConfig, type HtmlTagDescriptor, type Plugin } from 'vite';

/** What the page asks for first stands in its first bytes: the campaign, and the map's code, which no static import names. */
const asksEarly = (): Plugin => ({
  name: 'quartier-asks-early',
  transformIndexHtml: {
    order: 'post',
    handler(html, { bundle }) {
      const chunks = Object.values(bundle ?? {}).filter((file) => file.type === 'chunk');
      const map = chunks.find((chunk) => chunk.facadeModuleId?.endsWith('/map/controller.ts'));
      const link = (attrs: NonNullable<HtmlTagDescriptor['attrs']>): HtmlTagDescriptor => ({
        tag: 'link',
        attrs,
        injectTo: 'head',
      });
      const code = map ? [...map.imports, map.fileName].filter((name) => !html.includes(name)) : [];
      return [
        link({ rel: 'preload', as: 'fetch', href: '/api/v1/campaign', crossorigin: true }),
        ...code.map((name) => link({ rel: 'modulepreload', href: `/${name}`, crossorigin: true })),
      ];
    },
  },
});

// The page is embedded in the server's binary: no inline asset (the content policy forbids
// inline styles and scripts), one chunk for MapLibre so that the first paint does not wait for it.
export default defineConfig({
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [asksEarly()],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'maplibre', test: /node_modules[\\/]maplibre-gl/ }] } },
    },
  },
});
