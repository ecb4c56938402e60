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

  // Receives the bytes of one upload; nothing is visible until `commit`. Destroyed before that, it
  // leaves nothing.
  class Writer {
   public:
    virtual ~Writer() = default;
    virtual void write(std::string_view bytes) = 0;
    // Durable when it returns. The location under which the bytes are found again.
    [[nodiscard]] virtual std::string commit() = 0;
  };
  // `name` is the upload's alone: two uploads of one image must not meet.
  [[nodiscard]] virtual std::unique_ptr<Writer> start(const std::string& name) = 0;

  // `length` bytes from `offset`; all from there if absent. Throws Error(not_found) if they are
  // gone.
  [[nodiscard]] virtual std::shared_ptr<platform::http::BodySource> open(
      const std::string& location, uint64_t offset, std::optional<uint64_t> length) = 0;
  // Whether the location is one of this store's, be there bytes or not.
  [[nodiscard]] virtual bool holds(const std::string& location) const = 0;
  // Nothing there: nothing happens.
  virtual void remove(const std::string& location) = 0;
  struct Stored {
    std::string location;  // remove() takes it
    std::string name;      // as given to start()
  };
  // All that is there, also what is being received or was left by an upload that was interrupted.
  [[nodiscard]] virtual std::vector<Stored> list() = 0;
};

// Files named as they were started below `directory`, which is made. Runs of zeroes become holes.
[[nodiscard]] std::unique_ptr<ImageStore> make_file_store(const std::string& directory);

}  // namespace glance::drivers
