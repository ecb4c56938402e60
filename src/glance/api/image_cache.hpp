// Whole images on the disk of a glance-api, so that slow stores are read once.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "glance/image.hpp"
#include "platform/http/message.hpp"
#include "platform/runtime.hpp"

namespace glance::api {

struct CachedImage {
  std::string id;
  int64_t size = 0;  // bytes
  int64_t hits = 0;  // since this glance-api started
  base::TimePoint last_accessed{};
  base::TimePoint last_modified{};
};

struct CacheOptions {
  std::string directory;
  uint64_t max_size = 0;  // bytes of all cached images
  base::Duration stall_time{};
};

// DIRECTORY/ID is an image, whole and compared with its hash; DIRECTORY/incomplete has what is on
// its way, under names that are used once; DIRECTORY/queue an empty file for each image that is to
// be fetched. Several glance-api of a host may share it. Thread-safe. Handed around by shared_ptr.
class ImageCache : public std::enable_shared_from_this<ImageCache> {
 public:
  // Makes the directories and removes what has been on its way for longer than the stall time.
  // Throws Error(unavailable) if it can not.
  ImageCache(CacheOptions options, const platform::Runtime& runtime);

  // One image on its way in; gone again unless it is committed.
  class Filling;
  // Null if it does not fit, its hash is not known, or this process fetches it already.
  [[nodiscard]] std::unique_ptr<Filling> fill(const Image& image);

  // As ImageStore::open; null if it is not here.
  [[nodiscard]] std::shared_ptr<platform::http::BodySource> open(const Image& image,
                                                                 uint64_t offset,
                                                                 std::optional<uint64_t> length);
  // The same bytes, which are cached too once all of them were read; as it was if they can not be.
  [[nodiscard]] std::shared_ptr<platform::http::BodySource> keep(
      const Image& image, std::shared_ptr<platform::http::BodySource> source);

  [[nodiscard]] std::vector<CachedImage> list() const;
  [[nodiscard]] std::vector<std::string> queued() const;
  void queue(const std::string& image_id);
  // Nothing there: nothing happens.
  void remove(const std::string& image_id);
  void unqueue(const std::string& image_id);
  // Takes an image that is deleted from both, and what is on its way of it.
  void forget(const std::string& image_id);
  void clear();
  void clear_queue();

 private:
  [[nodiscard]] std::string path_of(const std::string& image_id) const;
  [[nodiscard]] bool is_filling(const std::string& image_id) const;
  // Removes what was not read for longest, until the rest fits.
  void prune();

  const CacheOptions options_;
  const platform::Runtime runtime_;
  mutable std::mutex mutex_;
  std::map<std::string, int64_t> hits_;
  std::set<std::string> filling_;
};

class ImageCache::Filling {
 public:
  Filling(std::shared_ptr<ImageCache> cache, const Image& image);
  ~Filling();
  Filling(const Filling&) = delete;
  Filling& operator=(const Filling&) = delete;

  // What can not be written is left: then commit() does nothing.
  void write(std::string_view bytes);
  // Whether it is cached now: all bytes have come and are those of the image.
  bool commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace glance::api
