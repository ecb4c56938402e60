// Uploads to object stores: in chunks that fit in memory, so that each can be sent again.
#pragma once

#include <string>

#include "glance/drivers/image_store.hpp"

namespace glance::drivers {

// An upload of less than a chunk is one object; a larger one consists of parts, all but the last at
// least as large as a chunk. Who derives from it takes back in its destructor what was not
// committed.
class ChunkedWriter : public ImageStore::Writer {
 public:
  explicit ChunkedWriter(size_t chunk) : chunk_(chunk) {}
  void write(std::string_view bytes) final;
  [[nodiscard]] std::string commit() final;

 protected:
  // All of the upload.
  virtual void put_whole(std::string bytes) = 0;
  // `number` counts from 1.
  virtual void put_part(size_t number, std::string bytes) = 0;
  // After the last part: makes them one object.
  virtual void join_parts() = 0;
  [[nodiscard]] virtual std::string location() const = 0;
  [[nodiscard]] bool committed() const { return committed_; }
  [[nodiscard]] size_t parts() const { return parts_; }

 private:
  void send_chunk();

  size_t chunk_;
  std::string buffer_;
  size_t parts_ = 0;
  bool committed_ = false;
};

// Whether an object's name is one that uploads get: what else lies in a container is not ours.
[[nodiscard]] bool is_upload_name(std::string_view name);

}  // namespace glance::drivers
