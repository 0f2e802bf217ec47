const pay = async () => (await fetch('https://api.pay.com/', { method: 'POST', body: 'a' })).text();
const said = await pay();
if (said !== '{"id":1,"paid":"a"}') throw new Error(`500, or another run's: ${said}`);
