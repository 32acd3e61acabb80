// The page behind a one-time link. The token stands after # and goes out in a header alone.
(function () {
  'use strict';
  var words = JSON.parse(document.getElementById('words').textContent);
  var token = location.hash.slice(1);
  var form = document.getElementById('answer');

  function show(id, text) { document.getElementById(id).textContent = text; }

  function say(name) { show('state', words.zh[name] + ' ' + words.en[name]); }

  function ask(method, body, then) {
    var request = new XMLHttpRequest();
    request.open(method, '/api/v1/fire-answer');
    request.setRequestHeader('X-Fire-Link', token);
    request.onload = function () {
      var said = {};
      try { said = JSON.parse(request.responseText); } catch (error) { said = {}; }
      then(request.status, said);
    };
    request.onerror = function () { then(0, {}); };
    request.send(body);
  }

  function fault(status, said) {
    var problem = words.problems[said.code];
    show('state', status === 0 ? words.zh.offline + ' ' + words.en.offline : problem || said.detail || words.zh.failed);
  }

  function shown(status, point) {
    if (status !== 200) { fault(status, point); return; }
    var at = point.location;
    show('where', point.number);
    show('first', new Date(point.first_at).toLocaleString('zh-CN', { timeZone: 'Asia/Shanghai' }));
    show('place', point.place || point.cell || '');
    show('rule', point.zone && point.zone.sentence ? point.zone.sentence['zh-CN'] || '' : '');
    var go = document.getElementById('go');
    go.textContent = at.lon.toFixed(5) + ', ' + at.lat.toFixed(5);
    go.href = 'geo:' + at.lat.toFixed(6) + ',' + at.lon.toFixed(6);
    say('ready');
    document.getElementById('point').hidden = false;
    form.hidden = false;
  }

  function answer() {
    var said = { outcome: null, handling: [], note: form.elements.note.value || null, crop: form.elements.crop.value || null };
    Array.prototype.forEach.call(form.querySelectorAll('input:checked'), function (box) {
      if (box.name === 'outcome') { said.outcome = box.value; } else { said.handling.push(box.value); }
    });
    if (form.elements.area_mu.value !== '') { said.area_mu = Number(form.elements.area_mu.value); }
    var body = new FormData();
    body.append('answer', JSON.stringify(said));
    Array.prototype.forEach.call(form.elements.photos.files, function (file) { body.append('photos', file); });
    return body;
  }

  form.addEventListener('submit', function (event) {
    event.preventDefault();
    var button = form.querySelector('button');
    button.disabled = true;
    say('sending');
    ask('POST', answer(), function (status, said) {
      if (status === 200) { form.hidden = true; say('thanks'); return; }
      button.disabled = false;
      fault(status, said);
    });
  });

  if (token === '') { say('no_link'); } else { ask('GET', null, shown); }
}());
