// A proxy before a database server that cuts a connection at its commit: for tests of lost answers.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace platform {

enum class CutAt {
  none,
  before_commit,  // the server never hears of the commit
  after_commit,   // the server commits, its answer is lost
  late_commit,    // the client hears that the connection is lost; the server gets the commit later
};

class CuttingProxy {
 public:
  // In front of the server on the Unix socket `server`.
  explicit CuttingProxy(std::string server);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  [[nodiscard]] std::string socket() const { return directory_ + "/socket"; }
  // Once, at the next commit of any connection.
  void cut_next(CutAt at) { next_cut_ = at; }
  // A late commit reaches the server now.
  void let_go();
  [[nodiscard]] int cuts() const { return cuts_; }

 private:
  void accept_all();
  void serve(int client);
  bool forward_to_server(int client, int server, std::string& request);

  const std::string server_;
  std::string directory_;
  int listener_ = -1;
  std::atomic<CutAt> next_cut_ = CutAt::none;
  std::atomic<int> cuts_ = 0;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool may_go_ = false;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace platform
