// Boots the page: the campaign is asked for at once, the interface drawn beside it.
import { render } from 'preact';
import '../styles/index.css';
import { App } from './layout/App';
import { areaPanel } from './layout/Sheets';
import { listen, start, state } from './state/store';

// A link's area has its panel as soon as its table is here.
if (state.peek().area) void areaPanel().catch(() => undefined);
// The map's code comes while the campaign is asked for; what is printed has no such map.
if (state.peek().mode !== 'print' && state.peek().mode !== 'candidate')
  void import('./map/controller').catch(() => undefined);
void start().then(listen);
render(<App />, document.getElementById('app')!);
