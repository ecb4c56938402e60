// Where image bytes lie. One conformance suite for all of them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/http/message.hpp"

namespace glance::drivers {

// Thread-safe. All throw base::Error; a full store is Error(too_large) naming it.
class ImageStore {
 public:
  virtual ~ImageStore() = default;

  // Receives the bytes of one image; nothing is visible until `commit`. Destroyed before that, it
  // leaves nothing.
  class Writer {
   public:
    virtual ~Writer() = default;
    virtual void write(std::string_view bytes) = 0;
    // Durable when it returns. The location under which the bytes are found again.
    [[nodiscard]] virtual std::string commit() = 0;
  };
  [[nodiscard]] virtual std::unique_ptr<Writer> start(const std::string& image_id) = 0;

  // `length` bytes from `offset`; all from there if absent. Throws Error(not_found) if they are
  // gone.
  [[nodiscard]] virtual std::shared_ptr<platform::http::BodySource> open(
      const std::string& location, uint64_t offset, std::optional<uint64_t> length) = 0;
  // Nothing there: nothing happens.
  virtual void remove(const std::string& location) = 0;
  // Removes everything that is not one of these, also what an interrupted upload left.
  virtual void keep_only(const std::vector<std::string>& locations) = 0;
};

// Files named by image id below `directory`, which is made. Runs of zeroes become holes.
[[nodiscard]] std::unique_ptr<ImageStore> make_file_store(const std::string& directory);

}  // namespace glance::drivers
