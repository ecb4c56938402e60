// The digests of images that became active before anybody had read all of their bytes.
#pragma once

#include <atomic>
#include <string>

#include "glance/api/image_api.hpp"
#include "platform/executor.hpp"

namespace glance::api {

// Thread-safe. Its destructor breaks off what it works on: the registry asks somebody else, as it
// does when this process dies.
class LateDigests {
 public:
  explicit LateDigests(const ImageApi& api);
  ~LateDigests();

  // Returns at once; tells the registry later what was found. An image that has digests, or is
  // gone, is left alone.
  void compute(const std::string& request_id, const std::string& image_id);

 private:
  void run(const std::string& request_id, const std::string& image_id) const;
  [[nodiscard]] SetDigests read(const Image& image) const;

  const ImageApi& api_;
  std::atomic<bool> stopping_ = false;
  platform::WorkerPool pool_;
};

}  // namespace glance::api
