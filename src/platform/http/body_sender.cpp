#include "platform/http/body_sender.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"

namespace platform::http {

namespace {

constexpr size_t kTransferSize = 128 * 1024;

void send_from_reader(BlockingSocket& socket, BodySource& source, Framing framing) {
  constexpr size_t kChunkHead = 18;  // 16 hex digits and CRLF
  std::vector<char> buffer(kChunkHead + kTransferSize + 2);
  uint64_t left = source.length.value_or(0);
  while (!source.length || left > 0) {
    const size_t wanted = source.length ? std::min<uint64_t>(kTransferSize, left) : kTransferSize;
    char* const data = buffer.data() + kChunkHead;
    const size_t count = source.reader ? source.reader->read(data, wanted) : 0;
    if (count == 0) break;
    left -= source.length ? count : 0;
    if (framing != Framing::chunked) {
      socket.send({data, count});
      continue;
    }
    const std::string size = fmt::format("{:x}\r\n", count);
    std::copy(size.begin(), size.end(), data - size.size());
    data[count] = '\r';
    data[count + 1] = '\n';
    socket.send({data - size.size(), size.size() + count + 2});
  }
  if (left > 0) throw base::Error(base::ErrorKind::internal, "The body is shorter than announced.");
  if (framing == Framing::chunked) socket.send("0\r\n\r\n");
}

}  // namespace

void send_body(BlockingSocket& socket, BodySource& source, Framing framing) {
  if (source.file < 0) return send_from_reader(socket, source, framing);
  socket.send_file(source.file, source.offset, source.length.value_or(0));
}

}  // namespace platform::http
