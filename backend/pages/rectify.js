// The page behind the responsible unit's one-time link. The token stands after # and goes out in a header alone.
(function () {
  'use strict';
  var API = '/api/v1/unit-answer';
  var words = JSON.parse(document.getElementById('words').textContent);
  var token = location.hash.slice(1);
  var form = document.getElementById('reply');
  var chosen = [];
  var draft = null;

  function show(id, text) { document.getElementById(id).textContent = text; }

  function both(name) { return words.zh[name] + ' ' + words.en[name]; }

  function say(name, more) { show('state', both(name) + (more || '')); }

  function ask(method, path, type, body, then) {
    var request = new XMLHttpRequest();
    request.open(method, API + path);
    request.setRequestHeader('X-Unit-Link', token);
    if (type) { request.setRequestHeader('Content-Type', type); }
    request.onload = function () {
      var said = {};
      try { said = JSON.parse(request.responseText); } catch (error) { said = {}; }
      then(request.status, said);
    };
    request.onerror = function () { then(0, {}); };
    request.send(body);
  }

  function fault(status, said) {
    if (status === 0) { say('offline'); return; }
    show('state', words.problems[said.code] || both('failed'));
  }

  function picture(list, source, alt) {
    var item = document.createElement('li');
    var image = document.createElement('img');
    image.alt = alt;
    image.src = source;
    item.appendChild(image);
    document.getElementById(list).appendChild(item);
    return item;
  }

  function before(sha256) {
    var request = new XMLHttpRequest();
    request.open('GET', API + '/photos/' + sha256 + '?size=400');
    request.setRequestHeader('X-Unit-Link', token);
    request.responseType = 'blob';
    request.onload = function () {
      if (request.status === 200) { picture('before', URL.createObjectURL(request.response), words.zh.before); }
    };
    request.send();
  }

  function stored(said) {
    draft = 'rectify-' + said.id;
    try {
      var kept = JSON.parse(sessionStorage.getItem(draft)) || {};
      form.elements.done.value = kept.done || '';
      form.elements.name.value = kept.name || '';
    } catch (error) { return; }
  }

  function store() {
    var text = JSON.stringify({ done: form.elements.done.value, name: form.elements.name.value });
    try { sessionStorage.setItem(draft, text); } catch (error) { return; }
  }

  function shown(status, said) {
    if (status !== 200) { fault(status, said); return; }
    show('number', said.number);
    ['unit', 'found', 'requirement', 'clause', 'office'].forEach(function (name) { show(name, said[name] || '—'); });
    show('due', new Date(said.due_at).toLocaleString('zh-CN', { timeZone: 'Asia/Shanghai' }));
    said.photos.forEach(before);
    stored(said);
    say('ready');
    document.getElementById('finding').hidden = false;
    form.hidden = false;
  }

  function choose(file) {
    var each = { file: file, sha256: null };
    var source = URL.createObjectURL(file);
    var item = picture('chosen', source, file.name);
    var remove = document.createElement('button');
    remove.type = 'button';
    remove.textContent = both('remove');
    remove.addEventListener('click', function () {
      chosen.splice(chosen.indexOf(each), 1);
      item.parentNode.removeChild(item);
      URL.revokeObjectURL(source);
    });
    item.appendChild(remove);
    chosen.push(each);
  }

  // Where the page came without HTTPS the browser computes no hash, and the server's own is taken.
  function hash(file, then, failed) {
    if (!window.crypto || !window.crypto.subtle) { then(''); return; }
    var reader = new FileReader();
    reader.onerror = failed;
    reader.onload = function () {
      window.crypto.subtle.digest('SHA-256', reader.result).then(function (digest) {
        then(Array.prototype.map.call(new Uint8Array(digest), function (byte) {
          return ('0' + byte.toString(16)).slice(-2);
        }).join(''));
      }, failed);
    };
    reader.readAsArrayBuffer(file);
  }

  function busy(is) {
    Array.prototype.forEach.call(form.querySelectorAll('button, input, textarea'), function (each) { each.disabled = is; });
  }

  function sendFrom(index) {
    if (index === chosen.length) { sendReply(); return; }
    var each = chosen[index];
    if (each.sha256) { sendFrom(index + 1); return; }
    say('sending_photo', ' ' + (index + 1) + '/' + chosen.length);
    hash(each.file, function (sha256) {
      ask('POST', '/photos' + (sha256 ? '?sha256=' + sha256 : ''), 'application/octet-stream', each.file, function (status, said) {
        if (status !== 200) { busy(false); fault(status, said); return; }
        each.sha256 = said.sha256;
        sendFrom(index + 1);
      });
    }, function () { busy(false); say('unreadable', ' ' + each.file.name); });
  }

  function sendReply() {
    say('sending');
    var said = {
      done: form.elements.done.value,
      name: form.elements.name.value,
      photos: chosen.map(function (each) { return each.sha256; })
    };
    ask('POST', '', 'application/json', JSON.stringify(said), function (status, answer) {
      busy(false);
      if (status !== 200) { fault(status, answer); return; }
      try { sessionStorage.removeItem(draft); } catch (error) { draft = null; }
      form.hidden = true;
      say('thanks');
    });
  }

  form.elements.photos.addEventListener('change', function () {
    Array.prototype.forEach.call(form.elements.photos.files, choose);
    form.elements.photos.value = '';
  });

  form.addEventListener('input', store);

  form.addEventListener('submit', function (event) {
    event.preventDefault();
    var large = chosen.filter(function (each) { return each.file.size > words.limits.bytes; });
    if (chosen.length > words.limits.photos) { say('too_many'); return; }
    if (large.length) { say('too_big', ' ' + large[0].file.name); return; }
    busy(true);
    sendFrom(0);
  });

  if (token === '') { say('no_link'); } else { ask('GET', '', null, null, shown); }
}());
