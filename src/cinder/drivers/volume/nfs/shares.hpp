// The shares that a back end keeps volumes in, and how they are mounted.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace cinder::drivers {

struct Share {
  std::string address;  // "nas.example.org:/volumes"
  std::string options;  // of mount(8), for this share; empty: none
};

// The lines of nfs_shares_config: an address each, with " -o OPTIONS" or not; '#' begins a comment.
// Throws base::Error(bad_request) for a line that is none.
[[nodiscard]] std::vector<Share> parse_shares(std::string_view text);

// Makes a share appear in an empty directory. Throws base::Error(unavailable), in bounded time.
class Mounter {
 public:
  virtual ~Mounter() = default;
  virtual void mount(const Share& share, const std::string& directory) const = 0;
};
// By mount(8) and the kernel's NFS client. `options`: for all shares; those of a share come after.
[[nodiscard]] std::shared_ptr<const Mounter> make_nfs_mounter(const std::string& options);

// A share's mount, made when it is first asked for and undone with the object, unless somebody has
// files of it open: whoever comes next finds it there.
class ShareMount {
 public:
  // Mounted in BASE/HASH, where the hash is of the address.
  ShareMount(Share share, const std::string& base, std::shared_ptr<const Mounter> mounter);
  ~ShareMount();
  ShareMount(const ShareMount&) = delete;
  ShareMount& operator=(const ShareMount&) = delete;

  [[nodiscard]] const std::string& directory() const { return directory_; }
  // Thread-safe. It is mounted, and its server answers: asked each time, for some seconds at most.
  // A mount that has gone stale is made anew. Throws base::Error(unavailable).
  void ensure() const;

 private:
  [[nodiscard]] bool answers() const;

  Share share_;
  std::string directory_;
  std::shared_ptr<const Mounter> mounter_;
  mutable std::mutex mutex_;  // mounted once, not twice over each other
};

}  // namespace cinder::drivers
