// Boots the page: the campaign is asked for at once, the interface drawn beside it.
import { render } from 'preact';
import '../styles/index.css';
import { App } from './layout/App';
import { listen, start } from './state/store';

void start().then(listen);
render(<App />, document.getElementById('app')!);
