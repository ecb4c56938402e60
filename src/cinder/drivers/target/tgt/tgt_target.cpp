#include "cinder/drivers/target/tgt/tgt_target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/error.hpp"
#include "cinder/drivers/target/tgt/tgt_listing.hpp"

namespace cinder::drivers {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view kVolume = "volume-";
constexpr const char* kLun = "1";
// What was sent before the sessions ended may still be on its way to the disk.
constexpr base::Duration kDrain = std::chrono::seconds{20};
constexpr base::Duration kLookAgain = std::chrono::milliseconds{10};

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

std::set<std::string> initiators_of(const std::vector<Grant>& grants) {
  std::set<std::string> names;
  for (const Grant& grant : grants) names.insert(grant.initiator);
  return names;
}

// Somebody who is granted nothing any more can only be got rid of with the target: sessions outlive
// the account that they signed in with, and a target of which the first account was taken away asks
// nobody who he is. Who still may comes back by himself.
bool may_stay(const ListedTarget& target, const Export& wanted) {
  const std::set<std::string> initiators = initiators_of(wanted.grants);
  const auto is_granted = [&](const std::string& username) {
    return std::any_of(wanted.grants.begin(), wanted.grants.end(),
                       [&](const Grant& grant) { return grant.username == username; });
  };
  return target.path == wanted.path && target.read_only == wanted.read_only &&
         std::all_of(target.usernames.begin(), target.usernames.end(), is_granted) &&
         std::all_of(target.initiators.begin(), target.initiators.end(),
                     [&](const std::string& name) { return initiators.contains(name); });
}

class TgtTarget final : public Target {
 public:
  TgtTarget(TgtOptions options, platform::Runtime runtime)
      : options_(options), runtime_(runtime), daemon_(std::move(options), runtime) {}

  TargetAddress address(const std::string& volume_id) const override {
    return {options_.portal, iqn_of(volume_id), 1};
  }

  void ensure(const Export& wanted) override {
    const std::lock_guard lock(mutex_);
    load(daemon_.ensure());
    const auto found = targets_.find(wanted.volume_id);
    if (found != targets_.end() && !may_stay(found->second, wanted)) take_down(wanted.volume_id);
    ListedTarget& target = targets_[wanted.volume_id];
    try {
      if (target.path.empty()) set_up(target, wanted);
      admit(target, wanted.grants);
    } catch (const Error&) {
      forget();  // what tgtd has is asked again
      throw;
    }
  }

  void close(const std::string& volume_id) override {
    const std::lock_guard lock(mutex_);
    const auto running = daemon_.find();
    if (!running) return;
    load(*running);
    if (targets_.contains(volume_id)) take_down(volume_id);
  }

  void rest() override {
    const std::lock_guard lock(mutex_);
    const auto running = daemon_.find();
    if (!running) return;
    load(*running);
    if (targets_.empty()) end_tgt_daemon(options_.directory);
  }

  std::vector<std::string> list() override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> ids;
    const auto running = daemon_.find();
    if (!running) return ids;
    load(*running);
    for (const auto& [id, target] : targets_) ids.push_back(id);
    return ids;
  }

  int64_t generation() override {
    const std::lock_guard lock(mutex_);
    const auto running = daemon_.find();
    return running ? static_cast<int64_t>(running->start_ticks << 22) ^ running->pid : 0;
  }

 private:
  [[nodiscard]] std::string iqn_of(const std::string& volume_id) const {
    return options_.iqn_prefix + std::string(kVolume) + volume_id;
  }

  // What that daemon has, if it is not known: it may be another's work, or a new daemon.
  void load(const platform::ProcessIdentity& daemon) {
    if (loaded_ && loaded_->pid == daemon.pid && loaded_->start_ticks == daemon.start_ticks) return;
    targets_.clear();
    const std::string prefix = options_.iqn_prefix + std::string(kVolume);
    for (ListedTarget& target : parse_targets(daemon_.run({"--mode", "target", "--op", "show"})))
      if (target.iqn.starts_with(prefix))
        targets_[target.iqn.substr(prefix.size())] = std::move(target);
    loaded_ = daemon;
  }

  void forget() { loaded_.reset(); }

  [[nodiscard]] int64_t free_tid() const {
    std::set<int64_t> used;
    for (const auto& [id, target] : targets_) used.insert(target.tid);
    int64_t tid = 1;
    while (used.contains(tid)) ++tid;
    return tid;
  }

  std::string run(const ListedTarget& target, const char* mode, const char* operation,
                  std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"--mode",  mode,    "--op",
                                       operation, "--tid", fmt::format("{}", target.tid)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return daemon_.run(std::move(arguments));
  }

  void set_up(ListedTarget& target, const Export& wanted) {
    if (target.tid == 0) {
      target.tid = free_tid();
      target.iqn = iqn_of(wanted.volume_id);
      run(target, "target", "new", {"-T", target.iqn});
    }
    run(target, "logicalunit", "new", {"--lun", kLun, "-b", wanted.path, "--bstype", "rdwr"});
    std::string params = "thin_provisioning=1,vendor_id=Nephele";
    if (wanted.read_only) params += ",readonly=1";
    run(target, "logicalunit", "update", {"--lun", kLun, "--params", params});
    target.path = wanted.path;
    target.read_only = wanted.read_only;
  }

  // The account comes before the initiator: a target without accounts asks nobody who he is.
  void admit(ListedTarget& target, const std::vector<Grant>& grants) {
    for (const Grant& grant : grants) {
      if (has(target.usernames, grant.username)) continue;
      daemon_.try_run({"--mode", "account", "--op", "delete", "--user", grant.username});
      daemon_.run({"--mode", "account", "--op", "new", "--user", grant.username, "--password",
                   grant.password});
      run(target, "account", "bind", {"--user", grant.username});
      target.usernames.push_back(grant.username);
    }
    for (const std::string& initiator : initiators_of(grants)) {
      if (has(target.initiators, initiator)) continue;
      run(target, "target", "bind", {"--initiator-name", initiator});
      target.initiators.push_back(initiator);
    }
  }

  void end_sessions(const ListedTarget& target) {
    for (const auto& each : parse_connections(run(target, "conn", "show")))
      // One that is not there any more is what is wanted.
      daemon_.try_run({"--mode", "conn", "--op", "delete", "--tid", fmt::format("{}", target.tid),
                       "--sid", each.session, "--cid", each.connection});
  }

  void take_down(const std::string& volume_id) {
    ListedTarget& target = targets_[volume_id];
    try {
      const std::vector<std::string> initiators = target.initiators;
      for (const std::string& initiator : initiators)
        run(target, "target", "unbind", {"--initiator-name", initiator});
      end_sessions(target);
      if (!target.path.empty()) remove_lun(target);
      run(target, "target", "delete", {"--force"});
      for (const std::string& username : target.usernames)
        daemon_.try_run({"--mode", "account", "--op", "delete", "--user", username});
    } catch (const Error&) {
      forget();
      throw;
    }
    targets_.erase(volume_id);
  }

  // tgtd refuses it as long as something is to be written.
  void remove_lun(const ListedTarget& target) {
    const base::SteadyTime deadline = runtime_.clock.steady() + kDrain;
    const std::vector<std::string> command{"--mode", "logicalunit", "--op",
                                           "delete", "--tid",       fmt::format("{}", target.tid),
                                           "--lun",  kLun};
    while (!daemon_.try_run(command)) {
      if (runtime_.clock.steady() > deadline)
        throw Error(ErrorKind::unavailable, "The volume is still being written to.", target.iqn);
      end_sessions(target);
      runtime_.executor.sleep_for(kLookAgain);
    }
  }

  TgtOptions options_;
  platform::Runtime runtime_;
  std::mutex mutex_;
  TgtDaemon daemon_;
  std::optional<platform::ProcessIdentity> loaded_;  // whose targets are known
  std::map<std::string, ListedTarget> targets_;      // by volume
};

}  // namespace

std::unique_ptr<Target> make_tgt_target(TgtOptions options, platform::Runtime runtime) {
  return std::make_unique<TgtTarget>(std::move(options), runtime);
}

}  // namespace cinder::drivers
