#include "cinder/drivers/volume/nfs/shares.hpp"

#include <fmt/format.h>
#include <sys/mount.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "platform/crypto.hpp"
#include "platform/process.hpp"

namespace cinder::drivers {
namespace {

using base::Error;
using base::ErrorKind;

constexpr base::Duration kMountPatience = std::chrono::seconds{60};
constexpr base::Duration kAnswerPatience = std::chrono::seconds{10};

class NfsMounter final : public Mounter {
 public:
  explicit NfsMounter(std::string options) : options_(std::move(options)) {}

  void mount(const Share& share, const std::string& directory) const override {
    std::vector<std::string> command{"mount", "-t", "nfs"};
    for (const std::string* options : {&options_, &share.options})
      if (!options->empty()) command.insert(command.end(), {"-o", *options});
    command.insert(command.end(), {share.address, directory});
    if (const auto errors = errors_of(command))
      throw Error(ErrorKind::unavailable,
                  "The share " + share.address +
                      " can not be mounted. Is its server up, nfs-common installed, and NFS in the "
                      "kernel?",
                  *errors);
  }

 private:
  // nullopt: it has done it. A server that is away keeps it waiting.
  static std::optional<std::string> errors_of(const std::vector<std::string>& command) {
    try {
      const auto result = platform::run_process(command, {kMountPatience, {}, {}});
      if (result.exit_code == 0) return std::nullopt;
      return std::string(base::trim(result.errors));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::timeout) throw;
      return error.what();
    }
  }

  std::string options_;
};

bool is_mounted(const std::string& directory) {
  std::ifstream file("/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    const auto fields = base::split(line, ' ');
    if (fields.size() > 4 && fields[4] == directory) return true;
  }
  return false;
}

Share parse_share(std::string_view line) {
  const size_t space = line.find_first_of(" \t");
  Share share{std::string(line.substr(0, space)), {}};
  const size_t colon = share.address.find(":/");
  if (colon == std::string::npos || colon == 0 || share.address.front() == '-')
    throw Error(ErrorKind::bad_request, "nfs_shares_config has a line that is no SERVER:/PATH: '" +
                                            std::string(line) + "'");
  if (space == std::string_view::npos) return share;
  std::string_view options = base::trim(line.substr(space));
  if (options.starts_with("-o")) options = base::trim(options.substr(2));
  share.options = options;
  return share;
}

}  // namespace

std::vector<Share> parse_shares(std::string_view text) {
  std::vector<Share> shares;
  for (const std::string_view raw : base::split(text, '\n')) {
    const std::string_view line = base::trim(raw);
    if (!line.empty() && line.front() != '#') shares.push_back(parse_share(line));
  }
  return shares;
}

std::shared_ptr<const Mounter> make_nfs_mounter(const std::string& options) {
  return std::make_shared<NfsMounter>(options);
}

ShareMount::ShareMount(Share share, const std::string& base, std::shared_ptr<const Mounter> mounter)
    : share_(std::move(share)),
      directory_(std::filesystem::absolute(base).string() + "/" +
                 base::to_hex(platform::md5(share_.address))),
      mounter_(std::move(mounter)) {}

ShareMount::~ShareMount() { ::umount2(directory_.c_str(), UMOUNT_NOFOLLOW); }

// In a process of its own, which can be ended: whoever asks a server that is away waits.
bool ShareMount::answers() const {
  try {
    return platform::run_process({"stat", "--file-system", directory_}, {kAnswerPatience, {}, {}})
               .exit_code == 0;
  } catch (const Error&) {
    return false;
  }
}

void ShareMount::ensure() const {
  const std::lock_guard lock(mutex_);
  const bool was_mounted = is_mounted(directory_);
  if (was_mounted && answers()) return;
  if (was_mounted) ::umount2(directory_.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error)
    throw Error(ErrorKind::unavailable, "can not make the directory " + directory_,
                error.message());
  mounter_->mount(share_, directory_);
  if (!is_mounted(directory_) || !answers())
    throw Error(ErrorKind::unavailable, "The share " + share_.address + " does not answer.");
}

}  // namespace cinder::drivers
