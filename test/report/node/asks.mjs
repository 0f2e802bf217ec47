// Asks for what is answered, and then for what is not.
import http from 'node:http';

http.get('http://server:8080/fast', (response) => {
  response.resume().on('end', () => http.get('http://server:8080/slow'));
});
