import 'heddle/realm';
