from mytorch import Tensor

p = Tensor([0.0, 0.5, 1.0], requires_grad=True)
y = Tensor([0.0, 1.0, 1.0])

loss = -(y * p.log()).sum()

loss.backward()
