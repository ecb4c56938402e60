// Takes the bytes of an image into a store: they pass through in constant memory and are inspected
// and hashed on their way.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "glance/api/image_api.hpp"

namespace glance::api {

// Where bytes come from. `length`: how many there must be.
struct Source {
  platform::http::BodyReader& reader;
  std::optional<uint64_t> length;
};

// Where they go: to a store, under an upload's name. `remaining`: the most of them that the quota
// of their project leaves.
struct Target {
  drivers::ImageStore& store;
  std::string name;
  std::optional<int64_t> remaining = {};
};

// What user_storage_quota leaves for the image's bytes, if there is one.
[[nodiscard]] std::optional<int64_t> remaining_storage(const ImageApi& api,
                                                       const openstack::Context& context,
                                                       const Image& image);

// Called now and then while bytes come; throws if nobody wants them any more.
using StillWanted = std::function<void()>;

// Whether the bytes' digests are computed on their way, or are left empty for now.
enum class DigestTime { on_the_way, later };

// Reads all of it. Throws; then nothing is left in the store.
[[nodiscard]] StoredData take_in(const ImageApi& api, const Image& image, Source source,
                                 const Target& target, const StillWanted& still_wanted,
                                 DigestTime digest_time = DigestTime::on_the_way);
// The same for bytes whose format is looked at later. Their location.
[[nodiscard]] std::string take_in_unseen(const ImageApi& api, Source source, const Target& target,
                                         const StillWanted& still_wanted);

}  // namespace glance::api
