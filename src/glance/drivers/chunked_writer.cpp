#include "glance/drivers/chunked_writer.hpp"

#include <algorithm>
#include <utility>

#include "base/ids.hpp"

namespace glance::drivers {

void ChunkedWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t count = std::min(chunk_ - buffer_.size(), bytes.size());
    buffer_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    // The last one may be the only one: a full chunk waits for a byte more.
    if (buffer_.size() == chunk_ && !bytes.empty()) send_chunk();
  }
}

// Chunks grow, so that an image of any size is one of the ten thousand parts that S3 takes.
void ChunkedWriter::send_chunk() {
  constexpr size_t kPartsOfOneSize = 1000;
  put_part(++parts_, std::exchange(buffer_, {}));
  if (parts_ % kPartsOfOneSize == 0) chunk_ *= 2;
}

std::string ChunkedWriter::commit() {
  if (parts_ == 0) {
    put_whole(std::move(buffer_));
  } else {
    send_chunk();
    join_parts();
  }
  committed_ = true;
  return location();
}

bool is_upload_name(std::string_view name) {
  const size_t dot = name.find('.');
  return dot != std::string_view::npos && base::is_uuid(name.substr(0, dot)) &&
         base::is_uuid(name.substr(dot + 1));
}

}  // namespace glance::drivers
