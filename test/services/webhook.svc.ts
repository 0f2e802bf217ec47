import { payment } from '../../examples/webhook/scenario.ts';
import { fails, holds } from './races.ts';

const TWICE = /'a book',\s+'a book'/;
fails(payment('each'), TWICE);
fails(payment('looked up'), TWICE);
holds(payment('added'));
